"""The web studio: pages for people, served as they are in ``web``; a client of the public API like any other."""
