"""What is typed, and how it ends: a table for each kind of awkwardness."""
