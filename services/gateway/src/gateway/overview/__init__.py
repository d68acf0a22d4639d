"""What the gateway answers itself, put together from what the services say."""
