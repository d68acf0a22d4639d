"""Tools for tests: a private PostgreSQL and RabbitMQ, fakes that behave, and ways to break things on purpose."""
