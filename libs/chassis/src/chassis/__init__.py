"""What every service does the same way: settings, HTTP app, transactions, messages, storage, identity, telemetry."""
