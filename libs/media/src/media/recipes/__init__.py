"""Editing a picture by a recipe: a list of steps that leaves the original as it is and gives the same each time."""
