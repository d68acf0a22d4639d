"""notify: who must know, and did they."""
