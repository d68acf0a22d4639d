"""Another run made of one that is there: only what has changed is made anew, and only that is held for."""
