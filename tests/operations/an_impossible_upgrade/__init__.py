"""A migration that the database refuses."""
