"""Work that takes longer than a message: leased work, process pools, what is done again and again."""
