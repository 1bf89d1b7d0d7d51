"""The services, by their connection tests."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from jobs.texts.translatable import translated
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
    parts = (f" {translated(finding.name)}: {translated(finding.value)}." for finding in wrong)
    text = translated(result.message) + "".join(parts)
    fix = "" if result.good else " ".join(translated(finding.fix) for finding in wrong) or _(FIX)
    return found(result.service, _(GROUPS[result.service]), text, fix, bad=bad)
