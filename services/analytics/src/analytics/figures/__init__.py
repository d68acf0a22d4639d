"""Facts added up, so that a report reads few rows."""
