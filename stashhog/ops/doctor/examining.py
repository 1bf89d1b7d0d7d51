"""All of it, in the order in which somebody would repair it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from jobs.texts.translatable import joined, translated
from scenes import configuration
from scenes.configuration import Configuration
from scenes.web import health
from scenes.web.needing.counting import recent_count
from scenes.web.needing.need import Need
from scenes.web.needing.views import all_needs
from stashhog.ops.doctor import kept
from stashhog.ops.doctor.database import of_backups, of_database
from stashhog.ops.doctor.disks import ask_stash, of_disks
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.doctor.notifications import of_notifications
from stashhog.ops.doctor.services import of_services
from stashhog.ops.doctor.work import of_work
from stashhog.ops.needing import examination


@dataclass(frozen=True)
class Examination:
    """What was found."""

    findings: list[Finding]

    @property
    def level(self) -> Level:
        return Level.worst([finding.level for finding in self.findings])

    @property
    def worst_first(self) -> list[Finding]:
        """For people, who look for what is wrong."""
        return sorted(self.findings, key=lambda finding: list(Level).index(finding.level), reverse=True)

    def described(self) -> dict[str, Any]:
        """For programs."""
        return {"level": self.level.value, "findings": [finding.described() for finding in self.findings]}


def examine() -> Examination:
    """Asks every service and looks at every folder: a few seconds, whatever hangs."""
    database = of_database()
    if Level.worst([finding.level for finding in database]) is not Level.OK:
        return Examination(database)  # the rest is read from it
    config = configuration.current()
    health.monitor.ask(config)
    ask_stash(config)
    looked_after = [of_access(), *of_work(), *of_services(config), *of_disks(config), of_backups(), *of_notifications()]
    findings = [*database, *of_settings(config), *looked_after]
    others = [need for need in all_needs(most=0, states=health.monitor.states()) if need.key != kept.NEED]
    kept.keep(findings, {need.key for need in others})
    recent_count.forget()
    found_now = examination()
    return Examination([*findings, of_needing([*others, found_now] if found_now else others)])


def of_needing(needs: list[Need]) -> Finding:
    """How much needs a person, as the page of that name says; what only waits to be decided on is no fault."""
    text = joined("; ", [need.title for need in needs]) if needs else _("nothing")
    is_bad = any(need.kind == "bad" for need in needs)
    fix = _("Look at the page “Needs you”: it says of each what to do.") if is_bad else ""
    return found("needs_you", _("Needs you"), text, fix, bad=Level.WARN)


def of_settings(config: Configuration) -> list[Finding]:
    """What is stored and can't be used; it counts as unset, or ends each run at once."""
    fix = _("Enter it again in the settings, or among the destinations.")
    return [found("setting", _("Settings"), translated(problem), fix) for problem in config.unusable.values()]


def of_access() -> Finding:
    """How people reach the pages; plain http is well at home, and is said."""
    if settings.HTTPS:
        return found("https", _("Access"), _("by https: cookies and browsers keep to it"))
    text = _(
        "by plain http, which anybody in the network can read. With a proxy that has https, set the environment "
        "variable STASHHOG_HTTPS=true."
    )
    return found("https", _("Access"), text)
