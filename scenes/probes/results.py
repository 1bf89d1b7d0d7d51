"""What a connection test found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from scenes.configuration import GROUPS

THE_PATH = gettext_noop("The path")
OK, NOT_SET = "ok", "not_set"
MAY_BE_UNSET = ("tagger", "language_model")


@dataclass(frozen=True)
class ProbeFinding:
    """One line of a result; ``fix`` says what to do where it is not ``good``."""

    name: str
    value: str
    good: bool = True
    fix: str = ""


@dataclass(frozen=True)
class ProbeResult:
    """``code``: OK, NOT_SET or the stable word for what is wrong; ``message``: a sentence, with what to do."""

    service: str
    code: str
    message: str
    findings: Sequence[ProbeFinding] = ()

    @property
    def label(self) -> str:
        """What is tested, for people."""
        return gettext(GROUPS.get(self.service, THE_PATH))

    @property
    def good(self) -> bool:
        """All that was looked at is as it should be. Some services may be left unset."""
        if self.code == NOT_SET:
            return self.service in MAY_BE_UNSET
        return self.code == OK and all(finding.good for finding in self.findings)

    def described(self) -> dict[str, Any]:
        """For programs."""
        findings = [vars(finding) for finding in self.findings]
        about = {"service": self.service, "ok": self.good, "code": self.code, "message": self.message}
        return about | {"findings": findings}
