"""The mouth: found in the photo, moved, and what is seen inside."""
