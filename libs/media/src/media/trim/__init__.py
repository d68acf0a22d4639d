"""A part of a film, exact to the frame, encoding no more than the edges where the film allows it."""
