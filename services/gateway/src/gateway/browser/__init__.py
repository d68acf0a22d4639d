"""Sessions of browsers, in cookies that no script can read."""
