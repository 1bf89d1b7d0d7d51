"""Why is this tag here? What StashHog wrote to a scene and took back: what saw it, by which rule, when, for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from jobs.translatable import translated
from scenes.models import Change
from scenes.models.reviewed import Via

MAX_SPANS = 3  # named one by one
VERBS = {"add": "Added", "set": "Set", "remove": "Removed"}
BY_NAME = "Its name, or an alias, in the title, details or path"
# What is told of a detector that keeps no evidence of its own.
FOUND = {
    "detect_tags": BY_NAME,
    "detect_performers": BY_NAME,
    "detect_studios": BY_NAME,
    "detect_details": "HTML and white space in the details",
    "detect_media_tags": "The file's own data",
}
WRITTEN = (Change.Status.APPLIED, Change.Status.REVERTED)


def written(rows: QuerySet[Change]) -> QuerySet[Change]:
    """Those of these changes that got to Stash, with all that is told of them."""
    return rows.filter(status__in=WRITTEN).select_related("applied_in", "decided_by", "edited_by", "reverted_by")


def what(change: Change) -> str:
    """Added tag “Dog_AI”; Added marker “Dog_AI”, 0:01 to 0:02."""
    verb, _, thing = change.kind.partition("_")
    value = change.value
    name = value.get("name") or value.get("tag") or ""
    title = value.get("title", name)
    named = f"“{name}”" if name else ""
    if title != name:
        named += f" with the title “{title}”"
    when = f", {span_in_words(value['start'], value['end'])}" if "start" in value else ""
    return f"{VERBS.get(verb, verb)} {thing} {named}{when}".strip()


def seen(change: Change) -> str:
    """Where a detector saw it, with how much confidence, or in which words it found it."""
    evidence = change.evidence or {}
    spans = evidence.get("spans", [])
    parts = [span_in_words(start, end) + percent(confidence) for start, end, confidence in spans[:MAX_SPANS]]
    total = evidence.get("spans_total", len(spans))
    if total > MAX_SPANS:
        parts.append(f"and {total - MAX_SPANS:,} more")
    if not spans and change.confidence is not None:
        parts.append(percent(change.confidence).strip(" ()"))
    return ", ".join(filter(None, [evidence.get("found") or FOUND.get(change.detector, ""), *parts]))


def model(change: Change) -> str:
    """Name, version and category of the model that saw it."""
    known = (change.evidence or {}).get("model", {})
    parts = [known.get("name") or known.get("identifier", ""), known.get("version", ""), known.get("category", "")]
    return " · ".join(filter(None, map(str, parts)))


def approved(change: Change) -> str:
    """By whom, and what they edited."""
    if change.decided_at is None:
        return ""
    if change.decided_via == Via.AUTO:
        said = "By itself, as the settings say"
    else:
        said = f"{change.decided_by or 'Somebody'} ({change.get_decided_via_display()})"
    edited = f"; edited by {change.edited_by or 'somebody'}" if change.edited_at else ""
    return said + edited


def became(change: Change) -> str:
    """What is true of it now, as far as StashHog knows."""
    if change.status == Change.Status.REVERTED:
        who = f" for {change.reverted_by}" if change.reverted_by else ""
        return f"Left as it was{who}: {translated(change.message)}" if change.message else f"Taken back{who}"
    if change.revert_requested_at:
        return translated(change.message) or "Is to be taken back"
    return "Was there already" if wrote_nothing(change) else "Written"


def wrote_nothing(change: Change) -> bool:
    """Whether Stash had it already when it was applied."""
    before, after = change.before or {}, change.after or {}
    return all(before[name] == after[name] for name in before.keys() & after.keys())


def span_in_words(start: float, end: float | None) -> str:
    """0:12 to 1:05:00."""
    return clock(start) if end is None else f"{clock(start)} to {clock(end)}"


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(confidence: Any) -> str:
    return "" if confidence is None else f" ({confidence:.0%})"
