"""One video in the shape of each platform, with captions and a poster."""
