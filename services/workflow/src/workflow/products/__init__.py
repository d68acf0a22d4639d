"""What is made: a folder a product, and the registry that lists them."""
