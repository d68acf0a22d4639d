"""Films of a script and pictures: the film studio's side of the command."""
