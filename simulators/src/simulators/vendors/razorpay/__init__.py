"""Razorpay."""
