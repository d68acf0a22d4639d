"""What administrators read (ANL-02 to ANL-04, ANL-06, ANL-12 to ANL-16)."""
