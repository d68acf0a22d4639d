"""All that the platform knows of a person, as one archive for them (USR-20, USR-39)."""
