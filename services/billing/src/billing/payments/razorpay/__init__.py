"""Razorpay behind the port, through its official client (BIL-11, BIL-56)."""
