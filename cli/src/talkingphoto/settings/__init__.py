"""Which platform, as whom, and how loud."""
