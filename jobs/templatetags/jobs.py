"""How jobs look on the pages."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from jobs.fixes import fix_of
from jobs.models import Event, Job, RunRequest, Status
from jobs.permissions import PAUSE, VIEW_SCHEDULES, allowed
from jobs.scheduling import pausing, schedules
from jobs.texts import times
from jobs.texts.keys import value_in_words, words
from jobs.web.cards import log
from jobs.web.cards.parts import COLLECTED, Collected, placeholder

register = template.Library()
register.filter("words", words)
register.filter("since", times.since)

IN_BACKTICKS = re.compile(r"`([^`]+)`")
JOB_ADDRESS = re.compile(r"(?<![^\s])/(?:[\w.-]+/)*jobs/[0-9a-f-]{36}/")
LINK = '<a href="{}">{}</a>'

SIGNS = {
    Status.PENDING: "○",
    Status.QUEUED: "◔",
    Status.RUNNING: "◐",
    Status.COMPLETED: "✓",
    Status.COMPLETED_WITH_ERRORS: "!",
    Status.FAILED: "✕",
    Status.CANCELLED: "–",
    Status.SKIPPED: "»",
}


@register.inclusion_tag("jobs/_badge.html")
def badge(status: str) -> dict[str, str]:
    """A status as a coloured word with a sign, so that it doesn't depend on colours alone."""
    return {"status": status, "label": str(Status(status).label), "sign": SIGNS[Status(status)]}


class PartNode(template.Node):
    def __init__(self, key: FilterExpression, made_of: FilterExpression | None, nodelist: NodeList):
        self.key, self.made_of, self.nodelist = key, made_of, nodelist

    def render(self, context: template.Context) -> SafeString:
        found: Collected | None = context.get(COLLECTED)
        if found is None:
            return self.nodelist.render(context)
        key = str(self.key.resolve(context))
        if not found.keep(key, self.made_of.resolve(context) if self.made_of else None):
            found.by_id[key] = self.nodelist.render(context).strip()
        return mark_safe(placeholder(key))


@register.tag
def part(parser: Parser, token: Token) -> PartNode:
    """One element, whose id is given, that pages are sent alone when it changed: see `jobs.web.cards.parts`.

    A second value is all that it is made of, beside the reader: while that is the same, it is not rendered again.
    """
    _, key, *made_of = token.split_contents()
    nodelist = parser.parse(("endpart",))
    parser.delete_first_token()
    return PartNode(parser.compile_filter(key), parser.compile_filter(made_of[0]) if made_of else None, nodelist)


_lines: dict[tuple[object, ...], SafeString] = {}
MOST_LINES = 2000  # of the log, that are kept: an event never changes, and is shown with each change of its job


@register.simple_tag
def log_line(event: Event, is_whole: object = False) -> SafeString:
    """A line of the log; rendered once for each language."""
    key = (event.pk, event.at, bool(is_whole), get_language(), timezone.get_current_timezone_name())
    line = _lines.get(key)  # once: another thread may empty it at any moment
    if line is None:
        if len(_lines) >= MOST_LINES:
            _lines.clear()
        line = _lines[key] = render_to_string("jobs/_line.html", {"event": event, "is_whole": is_whole})
    return line


@register.filter
def concat(first: object, second: object) -> str:
    """Both as one text: "step-" and a key."""
    return f"{first}{second}"


@register.simple_tag
def live_url(job_id: uuid.UUID | None = None) -> str:
    """The address of the WebSocket of a job's page, or of the list."""
    names = ("live_job", [job_id]) if job_id else ("live_jobs", [])
    return reverse(names[0], "jobs.live.routing", args=names[1])


@register.inclusion_tag("jobs/_paused.html", takes_context=True)
def pause_banner(context: dict[str, Any]) -> dict[str, Any]:
    """That there is a pause, for whoever is logged in; one query."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    found = pausing.current()
    shared = {"request": request, "csrf_token": context.get("csrf_token", "")}
    may_resume = found is not None and allowed(user, PAUSE)
    return {**shared, "pause": found, "key": pausing.key_of(found), "is_known": True, "may_resume": may_resume}


@register.inclusion_tag("jobs/_follows.html", takes_context=True)
def what_follows(context: dict[str, Any]) -> dict[str, Any]:
    """When the next job is due by a schedule, and what is to follow; two queries."""
    may_list = allowed(context["request"].user, VIEW_SCHEDULES)
    return {"next_at": schedules.next_scheduled_time(), "requested": RunRequest.objects.all(), "may_list": may_list}


@register.filter
def translated(text: str) -> str:
    """A stored message in the reader's language, with its times in their zone."""
    return times.on_page(text)


@register.filter
def with_code(text: str) -> SafeString:
    """A hint as pages show it: `what is typed` as code, and the address of a job as a link."""
    marked = IN_BACKTICKS.sub(r"<code>\1</code>", conditional_escape(text))
    return mark_safe(JOB_ADDRESS.sub(lambda found: LINK.format(found[0], gettext("open the job")), marked))


@register.filter
def fix(code: str) -> str:
    """What to do about a code."""
    return fix_of(code)


@register.filter
def sign(status: str) -> str:
    return SIGNS[Status(status)]


@register.filter
def moment(at: datetime | None, form: str = "") -> SafeString | str:
    """A date and its time in the reader's zone; ``form``: see `jobs.texts.times`."""
    return times.here(at, form) if at else "–"


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: "2 h 5 min", "1 min 15 s", "4 s"; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def facts(values: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The parts of a result or of parameters that fit on a line: numbers, words, the length of lists."""
    # What failed is named below them, with links.
    shown = [(words(key), fact(value)) for key, value in (values or {}).items() if key != "errors"]
    return [(key, value) for key, value in shown if value]


def fact(value: Any) -> str:
    """A value in a few characters; empty for what has no short form."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return number_format(value, use_l10n=True, force_grouping=True)
    if isinstance(value, list):
        if not value:
            return ""
        shown = (value_in_words(part) if isinstance(part, str) else str(part) for part in value)
        return ", ".join(shown) if len(value) <= 3 else number_format(len(value), force_grouping=True)
    return value_in_words(value) if isinstance(value, str) else ""


@register.filter
def summary(job: Job) -> list[tuple[str, str]]:
    """The figures of a result: those of its ``summary`` if it has one, without the word "total"."""
    result = job.result or {}
    return facts({key.removeprefix("total_"): value for key, value in result.get("summary", result).items()})


@register.filter
def telling(job: Job) -> list[tuple[str, str]]:
    """The figures of a result that are not zero, or the first one when nothing was done."""
    figures = summary(job)
    return [figure for figure in figures if figure[1] != "0"] or figures[:1]


@register.filter
def given(job: Job) -> list[tuple[str, str]]:
    """The parameters of a job that say something."""
    return facts(job.params)


@register.filter
def author(event: Event) -> str:
    """Who an event is about: empty for the run itself."""
    return log.author(event)


@register.filter
def sentence(event: Event) -> str:
    """What happened, in plain words."""
    return log.sentence(event)


@register.filter
def about(seconds: float | None) -> str:
    """A time that nobody knows for sure: "about 5 min", "about 2 h", "less than a minute"; empty for None."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if not minutes:
        return gettext("less than a minute")
    hours = round(minutes / 60)
    about = gettext("about {time}")
    return about.format(time=f"{hours} h" if minutes >= 90 else f"{minutes} min")
