"""Pages of the tracker. Reporting is open to everybody, all else needs a role."""
