"""What is made: a folder a product, and the registry that lists them. Nothing else in the service names one."""
