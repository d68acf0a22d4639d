"""What users want to be told, where and when (NTF-02)."""
