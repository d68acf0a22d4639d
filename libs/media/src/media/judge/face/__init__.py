"""A speaking face in a film: followed by the face mesh, and compared with how it looked at first."""
