"""Whether a file was made here: fingerprints of everything delivered, and looking for one."""
