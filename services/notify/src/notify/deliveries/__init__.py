"""What reaches people outside the application: one delivery for each message and channel, recorded (NTF-18)."""
