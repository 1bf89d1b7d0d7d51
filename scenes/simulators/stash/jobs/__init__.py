"""Stash's job queue and the jobs in it."""
