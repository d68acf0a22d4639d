"""What vendors tell by themselves: that a job has ended. Believed when it is signed, and looked up all the same."""
