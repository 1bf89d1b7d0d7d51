"""The page of proposed changes. Its buttons are one form; who has JavaScript gets them without a new page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs import engine
from jobs.errors import BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import allowed, only_with, require
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from jobs.web.confirming import ask_first
from scenes.models import Change, Scene
from scenes.models.reviewed import Via
from scenes.permissions import CHANGE_RULES, REVIEW, VIEW_CHANGES
from scenes.plans.review import editing
from scenes.plans.review.deciding import Decider
from scenes.web.review import acts, undo
from scenes.web.review.editing import EditForm
from scenes.web.review.lines import ChangeLine
from scenes.web.review.page import read
from scenes.web.review.query import TITLES, ReviewQuery
from scenes.web.review.writing import Writing

UNDONE = _("Undone: {changes} back in the review.")
AGAIN: dict[str, str] = {
    Change.Status.APPROVED: _("Undone: {changes} approved again."),
    Change.Status.REJECTED: _("Undone: {changes} rejected again."),
}
RULES_BACK = _("The rules of their tags are as they were, but for what somebody has changed since.")
BEGUN = {"apply_plan": _("Writing to Stash has begun."), "revert_plan": _("Taking it back has begun.")}
NO_WORKER = _("No worker is running, so it waits. Start one with “make run”.")


@require_safe
@only_with(VIEW_CHANGES)
def review(request: HttpRequest) -> HttpResponse:
    """The changes that wait for a person, by scene; those of another status by the tabs."""
    try:
        asked = ReviewQuery.of(request.GET.dict())
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("review")
    writing = Writing.now()  # before the page is read: what it says of a job that ends meanwhile is looked at again
    page, is_review = read(asked), asked.status == Change.Status.PROPOSED
    kept = asked.but(scene_id=None, plan_id=None, tag="").query
    context = {
        "section": "review",
        "asked": asked,
        "page": page,
        "buttons": asked.buttons if allowed(request.user, REVIEW) else (),
        "may_make_rules": allowed(request.user, REVIEW) and allowed(request.user, CHANGE_RULES),
        "kept": f"{kept}&" if kept else "",
        "all_tags": asked.but(all_tags=True).address,
        "next": asked.but(after=page.after).address if page.after else "",
        "tabs": [
            (gettext(title), ReviewQuery(status).address, status == asked.status) for status, title in TITLES.items()
        ],
        "to_write": asked.but(status=Change.Status.APPROVED).rows().count() if is_review else page.total,
        "writing": writing,
        "done": undo.offered(request) if allowed(request.user, REVIEW) else None,
    }
    return render(request, "scenes/review/page.html", context)


@require_safe
@only_with(VIEW_CHANGES)
def writing(request: HttpRequest) -> HttpResponse:
    """What is written to Stash now, as a part of the pages that it makes outdated."""
    return render(request, "scenes/review/_writing.html", {"writing": Writing.now()})


@require_POST
@only_with(REVIEW)
def decide(request: HttpRequest) -> HttpResponse:
    """Do what the pressed button says, and show the page again."""
    try:
        asked = ReviewQuery.of(request.POST.dict())
        if "revert-scene" in request.POST and (page := ask_first(request, to_revert(request, asked))):
            return page
        act(request, asked)
    except (BadRequest, NotPossible) as error:
        messages.error(request, translated(message_of(error)))
        return redirect(asked.address if isinstance(error, NotPossible) else "review")
    return redirect(f"{asked.address}{place_after(request, asked)}")


def place_after(request: HttpRequest, asked: ReviewQuery) -> str:
    """Where a browser without JavaScript goes on: at what follows on that which was decided; "" for the top."""
    if "undo" in request.POST:
        return ""
    selection = acts.Act.of(request.POST.dict(), asked).selection
    change = Change.objects.filter(pk__in=selection.change_ids[:1]).only("pk", "scene_id").first()
    if change and (near := next_to(change, asked)):
        return f"#change-{near}"
    scene = change.scene_id if change else selection.scene_id
    if scene is None:
        return ""
    left = asked.rows().filter(scene__lte=scene).order_by("-scene_id")
    found = left.values_list("scene_id", flat=True).first()
    return f"#scene-{found}" if found else ""


def next_to(change: Change, asked: ReviewQuery) -> int | None:
    """The one of its scene that took its place, else the last before it."""
    left = asked.rows().filter(scene=change.scene_id).values_list("pk", flat=True).order_by("pk")
    return left.filter(pk__gte=change.pk).first() or left.last()


def to_revert(request: HttpRequest, asked: ReviewQuery) -> str:
    """The question, as its button has it. Raises BadRequest."""
    selection = acts.Act.of(request.POST.dict(), asked).selection
    scene = Scene.objects.filter(pk=selection.scene_id or 0).first()
    count = asked.but(scene_id=selection.scene_id).rows().count()
    return render_to_string("scenes/review/_ask_revert.html", {"scene": scene, "count": count})


def act(request: HttpRequest, asked: ReviewQuery) -> None:
    """Raises BadRequest and NotPossible, in words for the page."""
    if "undo" in request.POST:
        undo_decision(request)
        return
    wanted, user = acts.Act.of(request.POST.dict(), asked), user_of(request)
    if wanted.name in ("apply", "revert"):
        job, also = acts.start(wanted, user)
        messages.success(request, begun_message(job))
        if also:
            messages.warning(request, also)
        if not engine.worker_alive():
            messages.warning(request, gettext(NO_WORKER))
        return
    if wanted.name == "never":
        require(user, CHANGE_RULES)
    decision = acts.decide(wanted, user)
    if decision.at:
        undo.remember(request, decision)
    messages.add_message(request, messages.SUCCESS if decision.count else messages.WARNING, decision.text)


def begun_message(job: Job) -> SafeString:
    """What has begun with the job, and a link to it."""
    begun, link = gettext(BEGUN[job.type]), gettext("To its job")
    return format_html('{} <a href="{}">{}</a>', begun, job.get_absolute_url(), link)


def undo_decision(request: HttpRequest) -> None:
    """The decision of this session that the button named, as far as it is not written to Stash by now."""
    done = undo.meant(request, request.POST["undo"])
    if done is None:
        raise NotPossible(gettext("There is nothing to undo: nothing was decided since you logged in."))
    if done.rules is not None:
        require(request.user, CHANGE_RULES)
    restored, written = acts.undo(done, user_of(request))
    undo.forget(request, done)
    if done.rules is not None:
        messages.info(request, gettext(RULES_BACK))
    if restored:
        text = gettext(AGAIN.get(done.before, UNDONE))
        messages.success(request, text.format(changes=counted(restored, "change")))
    elif not written:
        messages.warning(request, gettext("Nothing was undone: somebody has decided otherwise since."))
    if written:
        text = gettext("{changes} can't be undone here, since written to Stash: take them back under “{list}”.")
        where = gettext(TITLES[Change.Status.APPLIED])
        messages.warning(request, text.format(changes=counted(written, "change"), list=where))


@require_http_methods(["GET", "HEAD", "POST"])
@only_with(REVIEW)
def edit(request: HttpRequest, change_id: int) -> HttpResponse:
    """One proposed change, to be edited before it is written."""
    change = get_object_or_404(Change.objects.select_related("scene"), pk=change_id)
    form = EditForm(change, request.POST) if request.method == "POST" else EditForm(change)
    back = ReviewQuery(change.status, change.scene_id).address if change.status in TITLES else ReviewQuery().address
    if form.is_valid():
        try:
            editing.edit(change_id, form.cleaned_data, Decider(Via.PAGE, user_of(request)))
        except (BadRequest, NotPossible) as error:
            form.add_error(None, translated(message_of(error)))
        else:
            messages.success(request, gettext("Saved. It is still to be approved."))
            return redirect(back)
    context = {"section": "review", "form": form, "line": ChangeLine.of(change), "scene": change.scene, "back": back}
    return render(request, "scenes/review/edit.html", context)


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
