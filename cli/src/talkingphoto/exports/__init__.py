"""What export tells without a run, and further shapes of a finished one."""
