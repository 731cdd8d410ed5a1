"""Channel layers: what they have in common, and the one that lives in memory."""
