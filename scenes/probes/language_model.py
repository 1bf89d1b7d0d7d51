"""The connection test of the language model. It asks for the list of models, which costs nothing."""

from __future__ import annotations

from contextlib import closing

from django.utils.translation import gettext_noop as _

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
        return ProbeResult(SERVICE, NOT_SET, "No language model is set, so names are only looked for by matching.")
    with closing(client):
        models = client.models()
    known = ", ".join(models[:MOST_SHOWN]) + (", …" if len(models) > MOST_SHOWN else "")
    fix = "" if config.llm_model in models else f"The server has no such model. It has: {known or 'none'}."
    findings = [
        ProbeFinding(_("Model"), config.llm_model, good=not fix, fix=fix),
        ProbeFinding(_("Asked for"), ", ".join(sorted(config.llm_names)) or "nothing: it is switched off"),
    ]
    return ProbeResult(SERVICE, OK, "The language model answers, and takes the key.", findings)
