"""Messages and the database together: outbox, inbox, consumers, listeners, dead letters."""
