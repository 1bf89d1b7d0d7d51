"""The services, by their connection tests."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.configuration import Configuration
from scenes.configuration.definition import GROUPS
from scenes.configuration.services import QBITTORRENT, STASH
from scenes.probes import running
from scenes.probes.results import OK, ProbeResult
from stashhog.ops.doctor.findings import Finding, Level, found

NEEDED = (STASH, QBITTORRENT)  # nothing goes without
WITHIN = 5.0  # seconds for all of them: who asks waits, at a terminal, a page or the API
FIX = gettext_noop("Correct it in the settings, and test the connection there.")


def of_services(config: Configuration) -> list[Finding]:
    return [of_result(result) for result in running.probe_all(config, WITHIN)]


def of_result(result: ProbeResult) -> Finding:
    """One line for a service: all that is wrong with it, with what to do about each."""
    wrong = [finding for finding in result.findings if not finding.good]
    bad = Level.FAIL if result.service in NEEDED and result.code != OK else Level.WARN
    parts = (_("{name}: {value}.", name=finding.name, value=finding.value) for finding in wrong)
    text = joined(" ", [result.message, *parts])
    fix = "" if result.good else joined(" ", [finding.fix for finding in wrong]) or _(FIX)
    return found(result.service, _(GROUPS[result.service]), text, fix, bad=bad)
