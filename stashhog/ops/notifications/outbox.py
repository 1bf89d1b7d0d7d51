"""Writing down what is to be told, in the transaction of what happened. Sending is another matter, and a later one."""

from __future__ import annotations

from jobs.models import Job
from jobs.texts.translatable import shortened
from stashhog.ops.notifications.models import MAX_TEXT, MAX_TITLE, Cause, Channel, Message

# The pages that messages lead to. Literals, since a worker loads no page, and so no URL conf.
HOME, HEALTH = "/", "/health/"
REVIEW = "/admin/scenes/change/?need=to_review"
SCHEDULES, REQUESTS = "/admin/jobs/schedule/", "/admin/jobs/runrequest/"


def page_of(job: Job) -> str:
    return f"/jobs/{job.pk}/"


def write(cause: Cause, title: str, text: str = "", path: str = HOME) -> None:
    """For each channel that wants to hear of it. ``path``: where to look, below the public address.

    Two statements; what happened is undone together with them.
    """
    wanting = [pk for pk, causes in Channel.objects.filter(enabled=True).values_list("pk", "causes") if cause in causes]
    if not wanting:
        return
    columns = {"title": shortened(title, MAX_TITLE), "text": shortened(text, MAX_TEXT), "path": path}
    Message.objects.bulk_create(Message(channel_id=pk, cause=cause, **columns) for pk in wanting)
