"""Uploads that can be interrupted and go on (FIL-12): the tus protocol, version 1.0, over parts in the object store."""
