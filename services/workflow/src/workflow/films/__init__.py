"""Films before they are made and while they change: their saved plans, and the takes of their shots."""
