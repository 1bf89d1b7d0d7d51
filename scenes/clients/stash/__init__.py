"""The client of Stash. ``client`` has what the rest of StashHog uses."""
