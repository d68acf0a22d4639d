"""How to publish on each platform, step by step; needs no AI and no run (EXP-01, EXP-25)."""
