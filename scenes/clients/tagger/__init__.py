"""The client of the video tagger."""
