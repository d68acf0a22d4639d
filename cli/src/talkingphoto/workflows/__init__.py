"""More to do with runs: made anew in parts, approved on the way, looked into, ordered by the sheet."""
