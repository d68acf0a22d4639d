"""What an operator may do while the router works: policies, breakers, emergency mode, a day's limit."""
