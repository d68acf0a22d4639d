"""What is written, and what people say for it: cleaning, which writing a voice reads, numbers and signs in words."""
