"""The steps of the first-run guide. How far one is follows from settings and rows, so it can be left at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.core.checks import CheckMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.models import Job
from jobs.texts.translatable import translated
from scenes import configuration
from scenes.checks import unusable_library, unusable_mappings
from scenes.configuration import Configuration
from scenes.configuration.files import LIBRARY
from scenes.first_run.deciding import UNDECIDED, open_questions
from scenes.models import DryRunItem, FirstRunDecision
from scenes.models.first_run import ENDED_WELL
from scenes.probes import folders
from scenes.web.service_states import ServiceState
from scenes.workflows import ProcessNewScenes

SERVICES, FOLDERS, EXISTING, DRY_RUN, RUN = "services", "folders", "existing", "dry-run", "run"
LOOKED_AT = 100  # runs
TITLES = {
    SERVICES: _("Services"),
    FOLDERS: _("Folders"),
    EXISTING: _("What is there already"),
    DRY_RUN: _("Dry run"),
    RUN: _("First run"),
}


@dataclass(frozen=True)
class GuideStep:
    """``why``: what is left to do, "" when it is done."""

    key: str
    number: int
    why: str

    @property
    def title(self) -> str:
        return gettext(TITLES[self.key])

    @property
    def is_done(self) -> bool:
        return not self.why

    @property
    def address(self) -> str:
        return reverse("guide_step", args=[self.key])


@dataclass(frozen=True)
class Guide:
    steps: Sequence[GuideStep]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> GuideStep:
        """The first that is left to do; the last when none is."""
        return next((step for step in self.steps if not step.is_done), self.steps[-1])

    @property
    def is_done(self) -> bool:
        return self.done == len(self.steps)

    def with_done(self, key: str) -> Guide:
        """Where somebody asked, and nothing is left to do of this step."""
        return Guide([replace(step, why="") if step.key == key else step for step in self.steps])

    def after(self, key: str) -> GuideStep | None:
        keys = [step.key for step in self.steps]
        return next((step for step in self.steps[keys.index(key) + 1 :]), None)


def guide(states: Sequence[ServiceState]) -> Guide:
    """``states``: how the services are, as far as somebody asked them. A handful of queries, and a look at folders."""
    config, has_run = configuration.current(), FirstRunDecision.objects.has_run_before()
    dry_run = None if has_run else ended_dry_run()
    tried = has_run or dry_run is not None
    left = {
        SERVICES: services_left(config, states),
        FOLDERS: folders_left(config),
        EXISTING: gettext("Say what is to become of it.") if not has_run and is_undecided(dry_run) else "",
        DRY_RUN: "" if tried else gettext("See what a run would do; it writes nothing."),
        RUN: "" if has_run else gettext("Start the first run."),
    }
    return Guide([GuideStep(key, number, why) for number, (key, why) in enumerate(left.items(), start=1)])


def is_new() -> bool:
    """Nothing was ever processed here."""
    return not FirstRunDecision.objects.has_run_before()


def ended_dry_run() -> Job | None:
    """The last of the newest runs that was a dry run and ended well."""
    newest = Job.objects.runs().filter(type=ProcessNewScenes.type).order_by("-created_at", "-id")
    ended = (run for run in newest.only("status", "params")[:LOOKED_AT] if run.status in ENDED_WELL)
    return next((run for run in ended if run.is_dry_run), None)


def is_undecided(dry_run: Job | None) -> bool:
    """Whether a run would end with a question, as far as is known: a dry run finds out what there is to decide on."""
    if not open_questions():
        return False
    return dry_run is None or DryRunItem.objects.of(dry_run).filter(code=UNDECIDED).exists()


def dry_runs() -> QuerySet[Job]:
    return Job.objects.runs().dry_runs().filter(type=ProcessNewScenes.type)


def services_left(config: Configuration, states: Sequence[ServiceState]) -> str:
    missing = [name for name, url in (("Stash", config.stash_url), ("qBittorrent", config.qbittorrent_url)) if not url]
    if missing:
        return gettext("Give the address of {names}.").format(names=get_text_list(missing, gettext("and")))
    bad = [state.name for state in states if state.word == "bad" and state.group and state.group != LIBRARY]
    return gettext("Not as it should be: {names}.").format(names=", ".join(bad)) if bad else ""


def folders_left(config: Configuration) -> str:
    if not config.destinations.all:
        return gettext("Say where files are to be placed.")
    wrong = folders.looked("folders of the guide", config, partial(wrong_folders, config))
    if wrong is None:
        return gettext("A folder has not answered yet: does its mount hang?")
    return translated(wrong[0].msg) if wrong else ""


def wrong_folders(config: Configuration) -> list[CheckMessage]:
    return [*unusable_library(config), *unusable_mappings(config)]
