"""Where videos of others come from, behind one port: what a link leads to, and bringing it here (WFL-38)."""
