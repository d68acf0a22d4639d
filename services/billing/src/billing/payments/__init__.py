"""The payment processor: a port, Stripe behind it, and the inbox of what Stripe reports."""
