"""Photos in the size and format that somebody wants: delivery sizes, WebP and AVIF, and compression."""
