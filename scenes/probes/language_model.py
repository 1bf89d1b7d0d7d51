"""The connection test of the language model. It asks for the list of models, which costs nothing."""

from __future__ import annotations

from contextlib import closing

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import named
from jobs.waiting import Waiter
from scenes import services
from scenes.configuration import Configuration
from scenes.probes.results import NOT_SET, OK, ProbeFinding, ProbeResult

SERVICE = "language_model"
MOST_SHOWN = 20  # models


def probe(config: Configuration) -> ProbeResult:
    """Raises JobError."""
    client = services.llm(Waiter(), config)
    if client is None:
        return ProbeResult(SERVICE, NOT_SET, _("No language model is set, so names are only looked for by matching."))
    with closing(client):
        models = client.models()
    known = named(models, MOST_SHOWN) or _("none")
    fix = "" if config.llm_model in models else _("The server has no such model. It has: {models}.", models=known)
    findings = [
        ProbeFinding(_("Model"), config.llm_model, good=not fix, fix=fix),
        ProbeFinding(_("Asked for"), ", ".join(sorted(config.llm_names)) or _("nothing: it is switched off")),
    ]
    return ProbeResult(SERVICE, OK, _("The language model answers, and takes the key."), findings)
