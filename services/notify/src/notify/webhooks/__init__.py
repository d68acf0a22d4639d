"""Customers' webhooks by the Standard Webhooks specification (NTF-03, NTF-04)."""
