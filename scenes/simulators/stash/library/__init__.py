"""What a library consists of, and where it is kept."""
