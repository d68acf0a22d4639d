"""Messages as letters: words, links and pictures, in text and HTML that mail clients show."""
