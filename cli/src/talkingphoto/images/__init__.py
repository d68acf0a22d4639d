"""Pictures from the command line: made from words, edited, enlarged."""
