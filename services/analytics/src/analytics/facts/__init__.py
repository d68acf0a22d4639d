"""What happened, without who: the log that every figure is made from."""
