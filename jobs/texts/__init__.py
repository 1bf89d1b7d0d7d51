"""Texts for people: stored ones that follow the reader's language, numbers with their nouns, and searches for words."""
