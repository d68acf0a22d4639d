"""What every simulated vendor shares: faults, the ledger of accepted work, jobs, media, transports."""
