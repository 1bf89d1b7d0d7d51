"""A change as a line on a page: what it would do, where it was seen, how sure its detector is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from jobs.texts.words import percent
from scenes.models import Change
from scenes.plans.proposing import TAG_IN
from scenes.plans.review import history
from scenes.plans.review.editing import EDITABLE
from scenes.words import DETECTORS

SIGNS = {"add": "+", "set": "=", "remove": "−"}
SHORT = 90  # characters
THINGS = ("tag", "performer", "studio", "details", "marker")  # in this order


def detector_named(key: str) -> str:
    return gettext(DETECTORS.get(key, key))


@dataclass(frozen=True)
class ChangeLine:
    """``verb``: add, set or remove; ``thing``: one of THINGS. Texts are for people, "" where there is nothing."""

    change: Change
    verb: str
    thing: str

    @classmethod
    def of(cls, change: Change) -> ChangeLine:
        verb, _, thing = change.kind.partition("_")
        return cls(change, verb, thing)

    @property
    def order(self) -> tuple[int, float, int]:
        """Tags first, markers last and as they follow each other in the film."""
        return THINGS.index(self.thing), self.change.value.get("start", 0.0), self.change.pk

    @property
    def sign(self) -> str:
        return SIGNS[self.verb]

    @cached_property
    def kind(self) -> str:
        return self.change.kind_label

    @cached_property
    def name(self) -> str:
        return str(self.change.value.get("name") or self.change.value.get("tag") or self.thing.capitalize())

    @cached_property
    def what(self) -> str:
        """The whole of it in a few words, for who does not see the page."""
        return f"{self.kind} {self.name}{f', {self.when}' if self.when else ''}"

    @property
    def title(self) -> str:
        """Of a marker that is not called as its tag is."""
        title = str(self.change.value.get("title") or "")
        return "" if title == self.change.value.get("tag") else title

    @cached_property
    def when(self) -> str:
        value = self.change.value
        return history.span_in_words(value["start"], value["end"]) if "start" in value else ""

    @property
    def span(self) -> tuple[float, float] | None:
        """Of a marker, in seconds."""
        value = self.change.value
        return (value["start"], value["end"] or value["start"]) if "start" in value else None

    @property
    def confidence(self) -> str:
        known = self.change.confidence
        return "" if known is None else percent(known)

    @property
    def detector(self) -> str:
        return detector_named(self.change.detector)

    @cached_property
    def seen(self) -> str:
        return history.seen(self.change)

    @cached_property
    def model(self) -> str:
        return history.model(self.change)

    @property
    def rule(self) -> str:
        return history.rule(self.change)

    @cached_property
    def proposed(self) -> str:
        """What was proposed, if somebody edited it."""
        value = self.change.proposed_value
        if not value:
            return ""
        when = f", {history.span_in_words(value['start'], value['end'])}" if "start" in value else ""
        return f"{value.get('name') or value.get('tag') or ''}{when}"

    @property
    def seen_in_short(self) -> str:
        return self.seen if len(self.seen) <= SHORT else f"{self.seen[:SHORT]}…"

    @property
    def details(self) -> str:
        return str(self.change.value.get("details") or "")

    @property
    def can_be_edited(self) -> bool:
        return self.change.kind in EDITABLE and self.change.status in Change.OPEN and not self.change.intended_at

    @cached_property
    def tag(self) -> str:
        """The tag that it is about, by its name; "" for none."""
        return self.name if Change.Kind(self.change.kind) in TAG_IN else ""
