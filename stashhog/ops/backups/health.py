"""How backups are, beside the services of the home page."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext, gettext_noop

from jobs.errors import JobError
from jobs.texts import times
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from scenes.configuration import Configuration
from scenes.web.service_checks import LOW
from scenes.web.service_states import Service, ServiceState
from stashhog.ops.backups import attempts

NAME = gettext_noop("Backups")


class Backups(Service):
    """Without a setting: there is always a folder to look into."""

    def address(self, config: Configuration) -> str:
        return NAME


def ask(config: Configuration) -> Callable[[], str]:
    """In a thread, which looks into the folder; rows say the rest. Raises JobError."""
    try:
        in_folder = attempts.newest_file()
    except OSError as error:
        raise JobError(LOW, _("their folder can't be looked into: {reason}", reason=text_of_error(error))) from error
    return lambda: backup_text(in_folder)


def backup_text(in_folder: attempts.Made | None) -> str:
    """How old the newest is. Raises JobError when somebody should look at it."""
    state = attempts.state(in_folder)
    if state.problem:
        raise JobError(LOW, state.problem)
    if state.made is None:
        return gettext("Backups: there is none yet.")
    return gettext("Backups: the newest is {time} old.").format(time=times.since(state.made))


BACKUPS = Backups(NAME, "", ask, ServiceState(NAME, "unset", ""))
