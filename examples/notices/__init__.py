"""A room per address, and messages into it from anywhere (seed 000)."""
