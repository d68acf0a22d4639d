"""What is there: runs, files, projects."""
