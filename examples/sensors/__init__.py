"""Datagrams of sensors become incidents on the tracker's map (seed 001)."""
