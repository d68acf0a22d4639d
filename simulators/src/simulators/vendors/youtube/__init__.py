"""YouTube: the Data API, resumable uploads, and the accounts behind them."""
