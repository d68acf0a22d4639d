"""The second factor: codes of an app, and the recovery codes beside them."""
