"""One module per vendor that satisfies the provider port."""
