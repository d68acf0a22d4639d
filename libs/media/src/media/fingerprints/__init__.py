"""What a picture or film looks like, as a few numbers by which a copy of it is known."""
