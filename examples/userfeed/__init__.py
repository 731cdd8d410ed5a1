"""Notifications to all tabs of one user, and to nobody else (seed 002)."""
