"""Rooms with history, and who is in them (seeds 003, 000 and 002)."""
