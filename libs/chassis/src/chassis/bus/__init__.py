"""The message bus: one port, two implementations (in-process and RabbitMQ), one conformance suite."""
