"""Analysis: which scenes are due, what the detectors find in them, and the changes that come of it."""
