"""Who looks through files: clamd over its protocol, and another look at those that had to wait for it."""
