"""Texts for people: stored ones that follow the reader's language, and numbers with their nouns."""
