"""What would make a way of working cheaper, faster or better (EXP-05)."""
