"""A task queue: thumbnails, retries, delayed and periodic work (seeds 002 and 001)."""
