"""One table of source paths for each product."""
