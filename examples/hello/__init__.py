"""A consumer of `http.request` that answers by itself (seed 001)."""
