"""The connection test of Stash."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from django.utils.translation import override

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import About, StashClient
from scenes.configuration import Configuration, named_setting
from scenes.configuration.destinations import DEFAULT_NAME, EffectiveDestination
from scenes.configuration.stash_tasks import KINDS
from scenes.models import StashTask
from scenes.paths import is_folder, lies_below_as_spelled
from scenes.probes import folders
from scenes.probes.limits import LIMITS
from scenes.probes.results import OK, ProbeFinding, ProbeResult
from scenes.stash.stash_tasks.orders import orders_of

NEEDLESS_KEY = _(
    "Stash: refuses the API key, but answers without one: it has no user and password. Clear {setting} in the "
    "settings.",
    setting=named_setting("stash_api_key"),
)


def probe(config: Configuration) -> ProbeResult:
    """Raises JobError."""
    with closing(services.stash(Waiter(), config, read=LIMITS)) as client:
        try:
            client.check_set_up()
        except ServiceError as error:
            if error.code == "unauthorized" and config.stash_api_key and answers_without_key(config):
                return ProbeResult("stash", "key_not_needed", NEEDLESS_KEY)
            raise
        about = client.about()
        tasks = of_tasks(client, config)
    return ProbeResult("stash", OK, _("Stash answers."), [*of_server(about), *of_folders(about, config), *tasks])


def answers_without_key(config: Configuration) -> bool:
    try:
        with closing(StashClient(config.stash_url, read=LIMITS)) as client:
            client.check_set_up()
    except ServiceError:
        return False
    return True


def of_server(about: About) -> list[ProbeFinding]:
    return [
        ProbeFinding(_("Version"), about.version or _("(a build of one's own)")),
        ProbeFinding(_("Scenes"), f"{about.scenes:,}"),
        ProbeFinding(_("Video extensions"), ", ".join(about.video_extensions)),
    ]


def of_tasks(client: StashClient, config: Configuration) -> list[ProbeFinding]:
    """Whether those of Stash's own tasks that are switched on are possible."""
    chosen = config.stash_tasks_after_scan | config.stash_tasks_after_generate
    found = []
    for kind in (kind for kind in KINDS if kind in chosen):
        with override("en"):
            name = _(str(StashTask.Kind(kind).label))
        try:
            orders = orders_of(client, kind, config)
        except JobError as error:
            if not error.permanent:
                raise
            found.append(ProbeFinding(name, _("not possible"), good=False, fix=error.message))
        else:
            tasks = ", ".join(order.task for order in orders if order.task)
            found.append(ProbeFinding(name, tasks or _("possible")))
    return found


def of_folders(about: About, config: Configuration) -> list[ProbeFinding]:
    """Each folder of its library as StashHog sees it, and whether ours is one of them or in one."""
    theirs = [folder.path for folder in about.folders if not folder.exclude_video]
    fix = _(
        "Mount it here too, or correct {path_map} in the settings, if StashHog is to place files in it.",
        path_map=named_setting("path_map"),
    )
    found = []
    for folder in theirs:
        ours = config.path_map.to_ours("stash", folder)
        is_there = folders.looked(f"there {ours}", None, partial(is_folder, ours))
        value = folder if ours == folder else _("{folder}, here {ours}", folder=folder, ours=ours)
        shown = value if is_there is not False else _("{folder} (not there)", folder=value)
        found.append(
            ProbeFinding(_("Library folder"), shown, fix=folders.HANGS if is_there is None else "" if is_there else fix)
        )
    if not theirs:
        fix = _("Add one in Stash (Settings, Library).")
        found.append(ProbeFinding(_("Library folder"), _("none for videos"), good=False, fix=fix))
    return [*found, *(of_ours(destination, theirs, config) for destination in config.destinations.all)]


def of_ours(destination: EffectiveDestination, folders: list[str], config: Configuration) -> ProbeFinding:
    """Whether a folder that files are placed in is one that Stash looks after."""
    ours, is_default = str(destination.folder), destination.name == DEFAULT_NAME
    theirs = config.path_map.to_theirs("stash", ours)
    name = _("Our library folder") if is_default else _("Our destination “{name}”", name=destination.name)
    value = ours if theirs == ours else _("{ours}, for Stash {theirs}", ours=ours, theirs=theirs)
    if lies_below_as_spelled(theirs, folders):
        return ProbeFinding(name, value)
    fix = _(
        "Stash does not look after it. Correct {folder}, or {path_map} in the settings, or add the folder in Stash "
        "(Settings, Library).",
        folder=named_setting("library_path") if is_default else _("it"),
        path_map=named_setting("path_map"),
    )
    return ProbeFinding(name, value, good=False, fix=fix)
