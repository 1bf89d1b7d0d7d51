"""Why is this tag here? What StashHog wrote to a scene and took back: what saw it, by which rule, when, for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.texts import words
from jobs.texts.translatable import translated
from jobs.texts.words import quoted
from scenes.models import Change
from scenes.models.reviewed import Via
from scenes.plans.reasons import in_words

MAX_SPANS = 3  # named one by one
DONE = {
    "add_tag": _("Added tag {what}"), "remove_tag": _("Removed tag {what}"),
    "add_marker": _("Added marker {what}"), "remove_marker": _("Removed marker {what}"),
    "add_performer": _("Added performer {what}"), "remove_performer": _("Removed performer {what}"),
    "set_studio": _("Set studio {what}"), "remove_studio": _("Removed studio {what}"),
    "set_details": _("Set details {what}"),
}  # fmt: skip
BY_NAME = _("Its name, or an alias, in the title, details or path")
# What is told of a detector that keeps no evidence of its own.
FOUND = {
    "detect_tags": BY_NAME,
    "detect_performers": BY_NAME,
    "detect_studios": BY_NAME,
    "detect_details": _("HTML and white space in the details"),
    "detect_media_tags": _("The file's own data"),
}
WRITTEN = (Change.Status.APPLIED, Change.Status.REVERTED)


def written(rows: QuerySet[Change]) -> QuerySet[Change]:
    """Those of these changes that got to Stash, with all that is told of them."""
    return rows.filter(status__in=WRITTEN).select_related("applied_in", "decided_by", "edited_by", "reverted_by")


def what(change: Change) -> str:
    """Added tag “Dog_AI”; Added marker “Dog_AI”, 0:01 to 0:02."""
    value = change.value
    name = value.get("name") or value.get("tag") or ""
    title = value.get("title", name)
    named = quoted(name) if name else ""
    if title != name:
        named = gettext("{name} with the title “{title}”").format(name=named, title=title)
    when = f", {span_in_words(value['start'], value['end'])}" if "start" in value else ""
    return gettext(DONE[change.kind]).format(what=f"{named}{when}").strip()


def seen(change: Change) -> str:
    """Where a detector saw it, with how much confidence, or in which words it found it."""
    evidence = change.evidence or {}
    spans = evidence.get("spans", [])
    parts = [span_in_words(start, end) + percent(confidence) for start, end, confidence in spans[:MAX_SPANS]]
    total = evidence.get("spans_total", len(spans))
    if total > MAX_SPANS:
        parts.append(gettext("and {n} more").format(n=number_format(total - MAX_SPANS, force_grouping=True)))
    if not spans and change.confidence is not None:
        parts.append(percent(change.confidence).strip(" ()"))
    known = FOUND.get(change.detector, "")
    found = in_words(evidence.get("found", "")) or (known and gettext(known))
    return ", ".join(filter(None, [found, *parts]))


def rule(change: Change) -> str:
    """What decided; "" where nothing is known of it."""
    return in_words((change.evidence or {}).get("rule", ""))


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
        decision = gettext("By itself, as the settings say")
    else:
        who = str(change.decided_by or gettext("Somebody"))
        decision = f"{who} ({change.get_decided_via_display()})"
    if not change.edited_at:
        return decision
    return gettext("{decision}; edited by {who}").format(decision=decision, who=change.edited_by or gettext("somebody"))


def became(change: Change) -> str:
    """What is true of it now, as far as StashHog knows."""
    if change.status == Change.Status.REVERTED:
        text = gettext("Left as it was") if change.message else gettext("Taken back")
        if change.reverted_by:
            text = gettext("{what} for {who}").format(what=text, who=change.reverted_by)
        return f"{text}: {translated(change.message)}" if change.message else text
    if change.revert_requested_at:
        return translated(change.message) or gettext("Is to be taken back")
    return gettext("Was there already") if wrote_nothing(change) else gettext("Written")


def wrote_nothing(change: Change) -> bool:
    """Whether Stash had it already when it was applied."""
    before, after = change.before or {}, change.after or {}
    return all(before[name] == after[name] for name in before.keys() & after.keys())


def span_in_words(start: float, end: float | None) -> str:
    """0:12 to 1:05:00."""
    return clock(start) if end is None else gettext("{start} to {end}").format(start=clock(start), end=clock(end))


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(confidence: Any) -> str:
    return "" if confidence is None else f" ({words.percent(confidence)})"
