"""How to publish each kind of video on each platform, in words."""
