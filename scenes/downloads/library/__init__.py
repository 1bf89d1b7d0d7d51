"""What the library has: its folder, the same files under other names, what was deleted, what is safe there."""
