"""One description of all services."""
