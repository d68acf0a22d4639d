"""What happened to all of a user's workflows: one numbered log, polled or followed (NTF-12)."""
