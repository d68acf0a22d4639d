"""What an order will cost, said before it begins."""
