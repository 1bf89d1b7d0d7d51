"""The page on which a person decides on proposed changes: what it shows, what its buttons do, and its undo."""
