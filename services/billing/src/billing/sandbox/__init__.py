"""A payment processor that moves no money, for where nobody is to be charged."""
