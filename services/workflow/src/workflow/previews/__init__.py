"""What an owner is shown who is asked on the way: enough to decide by, and not what is only had for credits."""
