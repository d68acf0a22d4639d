"""HTTP both ways: the application and its edge, errors as callers see them, calls to other services."""
