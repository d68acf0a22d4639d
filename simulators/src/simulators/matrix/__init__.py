"""Every adapter against every fault its vendor can produce: ``python -m simulators.matrix``."""
