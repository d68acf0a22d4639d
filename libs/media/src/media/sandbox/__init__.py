"""A function of this library on a stranger's bytes, in a process that can do nothing else."""
