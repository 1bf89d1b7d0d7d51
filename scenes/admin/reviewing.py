"""Deciding on changes in the admin's lists: of changes, plans, scenes, and of tags everywhere."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs import engine
from jobs.errors import BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import require
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from jobs.web.admin.acting import ReadOnlyAdmin, action
from scenes.models import Change, Plan, Scene, Tag
from scenes.models.plans import REVERTING, ChangeQuerySet
from scenes.models.reviewed import Via
from scenes.permissions import CHANGE_RULES, REVIEW
from scenes.plans.proposing import tag_key
from scenes.plans.review import deciding
from scenes.plans.review.deciding import Decider
from scenes.plans.review.never_again import reject_everywhere
from scenes.plans.review.selection import MAX_CHANGES, Selection
from scenes.plans.review.starting import (
    NOTHING_TO_TAKE_BACK,
    NOTHING_TO_WRITE,
    rejected_message,
    start_applying,
    start_reverting,
    to_reject,
)

DECISIONS = ["approve", "reject", "never_again", "apply", "revert"]
ONLY_TAGS = _(
    "Rules are for tags: performers, studios and details were rejected for these scenes alone. To have one never set "
    "by a machine, let it ignore auto tag in Stash."
)
TOO_MANY = _("Nothing was started: choose at most {n} changes at once, or a whole plan, scene or tag.")


def changes_of(rows: QuerySet[Any]) -> ChangeQuerySet:
    """The changes of chosen plans, scenes or tags; by columns of theirs, so that an UPDATE looks at each as it is."""
    ids = rows.order_by().values("pk")
    if rows.model is Plan:
        return Change.objects.filter(plan__in=ids)
    if rows.model is Scene:
        return Change.objects.filter(scene__in=ids)
    if rows.model is Tag:
        names = rows.order_by().values_list("name", flat=True)[:MAX_CHANGES]
        return Change.objects.filter(Q(tag__in=list(map(tag_key, names))) | Q(stash_tag__in=ids))
    return Change.objects.filter(pk__in=ids)


def who(request: HttpRequest) -> Decider:
    return Decider(Via.ADMIN, request.user)  # type: ignore[arg-type]


class ReviewingAdmin(ReadOnlyAdmin):
    """Rows whose changes can be decided on."""

    @action(_("Approve the changes: the next run writes them"), REVIEW)
    def approve(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        named = rows.model is Change
        report(
            request,
            deciding.approve(changes_of(rows), who(request), also_rejected=named),
            gettext("{changes} approved."),
        )

    @action(_("Reject the changes: not written, not proposed again for their scenes"), REVIEW)
    def reject(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        report(request, deciding.reject(changes_of(rows), who(request)), gettext("{changes} rejected."))

    @action(_("Reject, and never again anywhere: a rule for each tag"), CHANGE_RULES)
    def never_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        require(request.user, REVIEW)
        chosen = changes_of(rows)
        without, with_tags = chosen.filter(tag="").exists(), chosen.exclude(tag="").exists()
        what = (
            gettext("{changes} rejected, and there are rules for their tags.")
            if with_tags
            else gettext("{changes} rejected.")
        )
        report(request, reject_everywhere(chosen, who(request)), what)
        if without:
            messages.warning(request, ONLY_TAGS)

    @action(_("Write the approved changes to Stash now"), REVIEW)
    def apply(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.start(request, start_applying, rows, Q(status=Change.Status.APPROVED), NOTHING_TO_WRITE)

    @action(_("Take the changes back in Stash; what is not written yet is rejected"), REVIEW)
    def revert(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.start(request, start_reverting, rows, deciding.TO_TAKE_BACK | REVERTING, NOTHING_TO_TAKE_BACK)

    def start(self, request: HttpRequest, start: Any, rows: QuerySet[Any], concerned: Q, nothing: str) -> None:
        """One job, whatever was chosen."""
        ids = tuple(changes_of(rows).filter(concerned).order_by("pk").values_list("pk", flat=True)[: MAX_CHANGES + 1])
        if not ids or (len(ids) > MAX_CHANGES and rows.count() > 1):
            most = number_format(MAX_CHANGES, force_grouping=True)
            messages.error(request, TOO_MANY.format(n=most) if ids else gettext(nothing))
            return
        selection = Selection(change_ids=ids) if len(ids) <= MAX_CHANGES else whole(rows.get())
        rejected = to_reject(selection) if start is start_reverting else 0
        try:
            job: Job = start(selection, who(request), "admin")
        except (BadRequest, NotPossible) as error:
            messages.error(request, translated(message_of(error)))
            return
        text = format_html(gettext('<a href="{}">{}</a> was started.'), job.get_absolute_url(), job.name)
        messages.success(request, text)
        if rejected:
            messages.warning(request, rejected_message(rejected))
        if not engine.worker_alive():
            messages.warning(request, _("No worker is running, so it waits. Start one with “make run”."))


def whole(row: Any) -> Selection:
    """All changes of one plan, scene or tag."""
    if isinstance(row, Tag):
        return Selection(tag=row.name)
    return Selection(plan_id=row.pk) if isinstance(row, Plan) else Selection(scene_id=row.pk)


def report(request: HttpRequest, count: int, what: str) -> None:
    if count:
        messages.success(request, what.format(changes=counted(count, "change")))
    else:
        messages.warning(request, _("Nothing was changed: these changes are decided on, or written, already."))
