"""Clips out of a long film: what is kept of it (edit lists), who is seen (speakers, layouts), and how it is drawn."""
