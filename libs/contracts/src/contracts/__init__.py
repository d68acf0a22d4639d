"""Events, commands, shared enumerations and product lines: what services say to each other, and nothing else."""
