"""A board that all players of a room share, moved in real time (seed 002)."""
