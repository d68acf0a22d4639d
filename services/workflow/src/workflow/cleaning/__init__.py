"""Results go when they have been kept long enough: a run stays, what it made does not."""
