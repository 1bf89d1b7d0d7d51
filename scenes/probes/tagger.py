"""The connection test of the video tagger."""

from __future__ import annotations

from contextlib import closing

from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import services
from scenes.clients.addresses import shown
from scenes.clients.tagger.client import TaggerClient
from scenes.configuration import Configuration
from scenes.probes.limits import LIMITS
from scenes.probes.results import NOT_SET, OK, ProbeFinding, ProbeResult

UNKNOWN = _("not told by this version")


def probe(config: Configuration) -> ProbeResult:
    """Raises JobError."""
    taggers = services.taggers(Waiter(), config, read=LIMITS)
    if not taggers:
        return ProbeResult("tagger", NOT_SET, _("No video tagger is set, so only names are looked for."))
    findings = [finding for client in taggers.values() for finding in findings_of(client, named=len(taggers) > 1)]
    return ProbeResult("tagger", OK, _("Video tagger answers."), findings)


def findings_of(tagger: TaggerClient, *, named: bool) -> list[ProbeFinding]:
    """``named``: with its address, as there are several."""
    with closing(tagger) as client:
        client.check_there()
        how = client.ready()
        models = client.models()
    state = {"ready": _("ready"), "healthy": _("healthy"), "reachable": UNKNOWN}[how]
    names = [f"{model.name} {model.version}".strip() for model in models or ()]
    findings = [ProbeFinding(_("Address"), shown(tagger.base))] if named else []
    findings += [
        ProbeFinding(_("API"), "v3" if models is not None else _("the one before v3")),
        ProbeFinding(_("Ready"), state),
        ProbeFinding(_("Models"), ", ".join(names) or (_("none") if models is not None else UNKNOWN)),
    ]
    if models == []:
        findings[-1] = ProbeFinding(
            _("Models"), _("none"), good=False, fix=_("Choose and load models in the tagger's settings.")
        )
    return findings
