"""The rows of scenes in the admin: the library, downloads, plans, places, and what was asked of Stash."""

from scenes.admin import (  # noqa: F401 - registers the admin's pages
    destinations,
    downloads,
    first_run,
    language_model,
    library,
    places,
    plans,
    rules,
    settings,
    stash,
)
