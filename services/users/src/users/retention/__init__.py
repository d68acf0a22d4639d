"""How long users keeps what it need not keep for ever."""
