"""The ``talkingphoto`` command: a client of the public API, and the platform on one machine."""
