"""The words of messages: one file a language, English where a language has none (NTF-09)."""
