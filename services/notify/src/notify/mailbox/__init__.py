"""The local mail box: where letters go while no mail server is configured, to be read by whoever runs the platform."""
