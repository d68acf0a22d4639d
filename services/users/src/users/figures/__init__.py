"""What is open and held, for ``/metrics``."""
