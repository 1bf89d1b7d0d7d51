"""The REST API of the library: a module for the routes below each address."""

from ninja import Router

from jobs.web.api.pause_routes import router as pause_router
from jobs.web.api.routes import router as jobs_router
from jobs.web.api.schedule_routes import router as schedule_router
from jobs.web.api.trigger_routes import router as trigger_router
from scenes.web.api import (
    destinations,
    downloads,
    first_run,
    language_model,
    library,
    outdated,
    plans,
    release,
    rules,
    settings,
)
from scenes.web.dry_run_report import router as dry_run_router

ROUTERS: list[tuple[str, Router]] = [
    ("/jobs", jobs_router),
    ("/jobs", dry_run_router),
    ("/schedule", schedule_router),
    ("/pause", pause_router),
    ("/triggers", trigger_router),
    ("/scenes", library.scenes_router),
    ("/scenes", plans.history_router),
    ("", library.names_router),
    ("/plans", plans.plans_router),
    ("/changes", plans.changes_router),
    ("/downloads", downloads.downloads_router),
    ("/files", downloads.files_router),
    ("/release", release.router),
    ("/destinations", destinations.router),
    ("/rules", rules.router),
    ("/settings", settings.router),
    ("/first-run", first_run.router),
    ("/tagger", outdated.router),
    ("/language-model", language_model.router),
]
