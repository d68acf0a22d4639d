"""Which request goes where, and carrying it there and back as a stream."""
