"""What was paid, given back and invoiced."""
