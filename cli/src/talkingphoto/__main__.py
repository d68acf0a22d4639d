"""``python -m talkingphoto``."""

from talkingphoto.main import app

app()
