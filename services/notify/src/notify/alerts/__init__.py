"""What operators must know: from Alertmanager to Discord, Slack and mail (NTF-16, NTF-17)."""
