"""What several examples share: the page around them, nick names, rooms, presence, JSON frames."""
