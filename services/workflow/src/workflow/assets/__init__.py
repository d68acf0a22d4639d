"""Assets: files in projects, the library of all of them, what runs add by themselves, and where each comes from."""
