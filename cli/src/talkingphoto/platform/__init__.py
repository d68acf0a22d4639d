"""The whole platform on one machine: embedded (one process) or distributed (RabbitMQ, two processes a service)."""
