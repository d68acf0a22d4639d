"""An account that is deleted, and everything about its owner in every service (USR-13, USR-40, CFL-21)."""
