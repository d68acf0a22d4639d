"""Projects as far as export has to do with them: which there are, and their newest video."""
