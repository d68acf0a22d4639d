"""What can be seen from outside: logs, metrics, traces, and the context that all of them carry."""
