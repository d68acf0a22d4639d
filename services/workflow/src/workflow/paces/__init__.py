"""How fast and how dear steps are: learned from what really happened, for what is promised next."""
