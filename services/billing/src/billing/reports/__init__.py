"""What the business costs and earns, for its owner."""
