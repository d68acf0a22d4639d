"""What the judge of films says of honest films and of the same with faults made on purpose."""
