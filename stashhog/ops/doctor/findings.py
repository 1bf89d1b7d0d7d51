"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from jobs.texts.translatable import translated


class Level(TextChoices):
    """FAIL: runs fail, or people can't see what is going on. WARN: it works, and somebody should look at it."""

    OK = "ok", _("Well")
    WARN = "warn", _("Look at it")
    FAIL = "fail", _("Failed")

    @classmethod
    def worst(cls, levels: list[Level]) -> Level:
        """The worst of them; OK when there is none."""
        order = list(cls)
        return max(levels, key=order.index, default=cls.OK)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``key`` is a stable word for programs; ``fix``: what to do, unless it is fine."""

    key: str
    name: str
    level: Level
    text: str
    fix: str = ""

    def described(self) -> dict[str, Any]:
        """In the active language."""
        texts = {name: translated(text) for name, text in self.texts.items()}
        return {"key": self.key, "level": self.level.value, **texts}

    @property
    def texts(self) -> dict[str, str]:
        return {"name": self.name, "text": self.text, "fix": self.fix}

    @property
    def is_bad(self) -> bool:
        return self.level is not Level.OK


def found(key: str, name: str, text: str, fix: str = "", *, bad: Level = Level.FAIL) -> Finding:
    """A finding that is well unless there is something to fix; then it is ``bad``."""
    return Finding(key, name, bad if fix else Level.OK, text, fix)
