"""The first-run guide: from an empty installation to the first run, a page for each step.

steps   which there are, and how far each is: from what is there, never from a flag
views   the pages
"""
