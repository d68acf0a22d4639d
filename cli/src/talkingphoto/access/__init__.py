"""Who the command line is, and the keys of programs."""
