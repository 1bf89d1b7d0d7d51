"""The rows of scenes in the admin: the library, downloads, plans, places, and what was asked of Stash."""

from scenes.admin import destinations, downloads, first_run, library, places, plans, settings, stash  # noqa: F401 - registers the admin's pages
