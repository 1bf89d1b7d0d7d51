"""What surrounds every page: the header, and the menu with its counts."""
