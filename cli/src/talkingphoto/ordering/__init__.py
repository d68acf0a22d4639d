"""What can be ordered, and the words and the photo that it is ordered with."""
