"""What is made for a run goes again when nobody can fetch it any more."""
