"""Whether a scene or a whole kind of output is at fault: previews that fail for every scene, while covers are made.

Such a kind is remembered as broken. Scenes are complete without it then, and it is asked for with one scene a day, when
Stash has another version, or when a person asks. Once it was made again, the scenes that lack it are due again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import StashClient
from scenes.models import OutputKind, Scene

PROBE_AFTER = timedelta(days=1)
MANY = 2  # scenes for which it failed, and nothing else did, with none for which it was made

Kinds = frozenset[str]  # words of the setting `generate`


@dataclass(frozen=True)
class Lack:
    """What of the wanted kinds a scene lacks after Stash was asked, and what it had lacked before."""

    before: Kinds
    after: Kinds
    failed_before: bool = False

    @property
    def made(self) -> Kinds:
        return self.before - self.after


class OutputKinds:
    """Those that one attempt of a generation asks for."""

    def __init__(self, job: JobContext, stash: StashClient, wanted: Kinds):
        self.job, self.stash, self.wanted = job, stash, wanted
        rows = OutputKind.objects.filter(name__in=wanted)
        self._broken = {row.name: row for row in rows if row.broken_at is not None}
        self._proven = {row.name for row in rows if row.last_success_at is not None}
        self._made: set[str] = set()
        self.probing = ""

    @cached_property
    def version(self) -> str:
        """Of Stash: another one may make what this one could not."""
        return self.stash.version()

    @property
    def asked(self) -> Kinds:
        return self.wanted - self._broken.keys() | ({self.probing} - {""})

    def made(self, lacks: Mapping[int, Lack]) -> None:
        """What was made of these scenes, by id. Of a kind that was broken all that lack it are due again."""
        for kind in sorted({kind for lack in lacks.values() for kind in lack.made} - self._made):
            with self.job.transaction(recording=True):
                due = OutputKind.works(kind, [pk for pk, lack in lacks.items() if kind in lack.made])
            self._made.add(kind)
            if self._broken.pop(kind, None):
                self.job.log(
                    _("Stash makes {kind} again; {due} more scenes lack them and are asked for.", kind=kind, due=due)
                )

    def to_probe(self) -> list[str]:
        """The broken kinds that one scene has to try now."""
        if not self._broken:
            return []
        long_ago = timezone.now() - PROBE_AFTER
        return [
            name
            for name, row in self._broken.items()
            if row.asked_at is None or row.asked_at < long_ago or row.stash_version != self.version
        ]

    def scene_lacking(self, kind: str) -> int | None:
        """One at random, since some may be bad themselves."""
        lacking = Scene.objects.present().filter(
            pk__in=OutputKind.lacking.through.objects.filter(outputkind=kind).values("scene")
        )
        ids = list(lacking.values_list("pk", flat=True))
        return random.choice(ids) if ids else None

    def find_broken(self, lacks: Mapping[int, Lack], reasons: Mapping[int, str]) -> Kinds:
        """The kinds that turn out to be broken, by what became of these scenes (by id) when Stash was asked."""
        found = frozenset(kind for kind in self.asked if self.is_broken(kind, lacks))
        for kind in found:
            failing = [pk for pk, lack in lacks.items() if kind in lack.after]
            self.remember_broken(kind, len(failing), reasons[failing[-1]])
        return found

    def is_broken(self, kind: str, lacks: Mapping[int, Lack]) -> bool:
        """Whether Stash can't make it. Scenes for which nothing came out well tell nothing: their films may be bad."""
        if kind in self._made:
            return False
        failing = [lack for lack in lacks.values() if kind in lack.after and self.is_telling(lack)]
        new = [lack for lack in failing if not lack.failed_before]
        if kind in self._broken:
            return bool(failing)
        return len(new) >= MANY or (bool(new) and kind not in self._proven)

    def is_telling(self, lack: Lack) -> bool:
        """Whether it shows that the film is good: something else was made just now, or all else was there."""
        is_alone = len(lack.after) == 1 and len(self.asked) > 1
        return bool(lack.made) or is_alone or lack.after == {self.probing}

    def remember_broken(self, kind: str, count: int, reason: str) -> None:
        """And log it. ``count``: the scenes for which it was not made; ``reason``: that of one of them."""
        was_broken = kind in self._broken
        now = timezone.now()
        since = self._broken[kind].broken_at if was_broken else now
        row = OutputKind(
            name=kind,
            broken_at=since,
            asked_at=now,
            stash_version=self.version,
            reason=reason,
            job=self.job.job,
        )
        columns = ["broken_at", "asked_at", "stash_version", "reason", "job"]
        with self.job.transaction(recording=True):
            OutputKind.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=columns)
        self._broken[kind] = row
        text = _(
            "Stash made no {kind} for any of {count} scenes, and made other outputs, so {kind} are at "
            "fault, and no scene. They are asked for with one scene a day, and the scenes are complete "
            "without. {reason}",
            kind=kind,
            count=count,
            reason=reason,
        )
        self.job.log(text, Event.Level.WARNING)

    def log_left_out(self) -> None:
        for kind in sorted(self.wanted - self.asked):
            row = self._broken[kind]
            text = _(
                "Stash is not asked for {kind}, which it could not make for any scene: {reason}",
                kind=kind,
                reason=row.reason,
            )
            self.job.log(text, Event.Level.WARNING)
