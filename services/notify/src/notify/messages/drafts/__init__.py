"""Which message an event leads to: pure functions, by the service that tells of it."""
