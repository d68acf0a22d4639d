"""Jobs that people order by themselves: what is asked for, what it takes, and when it is handed out."""
