"""How long a tag has to be seen before its scene gets it: "12s", "4%" of the film, or either: "15s or 25%"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

PART = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)\s*(s|%)?", re.ASCII)
OR = re.compile(r"\s+or\s+")
SLACK = 1e-6  # seconds: sums of floats
HELP = gettext_noop("give seconds or a share of the film, such as 12s, 4% or 15s or 25%")


@dataclass(frozen=True)
class Required:
    """Seconds, per cent of the film, or both: then one of them is enough."""

    seconds: float | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: str) -> Required:
        """A number without a unit is seconds. Raises ValidationError."""
        given: dict[str, float] = {}
        for part in OR.split(text.strip().lower()):
            match = PART.fullmatch(part)
            unit = "percent" if match and match[2] == "%" else "seconds"
            if match is None or unit in given or (unit == "percent" and float(match[1]) > 100):
                problem = _("“{text}” says no time: {help}.")
                raise ValidationError(problem.format(text=text[:50], help=_(HELP)))
            given[unit] = float(match[1])
        return cls(**given)

    def __str__(self) -> str:
        parts = [] if self.seconds is None else [f"{self.seconds:.10g}s"]
        parts += [] if self.percent is None else [f"{self.percent:.10g}%"]
        return " or ".join(parts)

    def is_met(self, seconds: float, duration: float | None) -> bool:
        """By so many seconds of a film. Unknown duration: no share of it can be proven."""
        if self.seconds is not None and seconds >= self.seconds - SLACK:
            return True
        return bool(self.percent is not None and duration and seconds >= self.percent / 100 * duration - SLACK)


def check_required(text: str) -> None:
    """A validator of a model's field."""
    Required.parse(text)
