"""How one job runs: chosen, sent, followed, judged, ended."""
