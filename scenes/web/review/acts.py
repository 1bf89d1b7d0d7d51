"""What the buttons of the page do: each names an act and what it is about, and ends as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.models import Job
from jobs.texts.words import counted
from scenes.models import Change, Scene
from scenes.models.plans import ChangeQuerySet
from scenes.models.reviewed import Via
from scenes.plans.review import deciding
from scenes.plans.review.deciding import Decider
from scenes.plans.review.never_again import reject_everywhere, restore_rules, rules_of
from scenes.plans.review.selection import MAX_CHANGES, Selection
from scenes.plans.review.starting import rejected_message, start_applying, start_reverting, to_reject
from scenes.web.review.query import ReviewQuery

ACTS = ("approve", "reject", "never", "reopen", "apply", "revert")
TARGETS = ("change", "scene", "tag", "all")
SAY_WHICH = gettext_lazy("Nothing was chosen. Use one of the buttons beside what you mean.")
GONE = Scene.objects.exclude(deleted_at=None)
Status = Change.Status
DONE_WORDS = {
    "approve": _("approved"),
    "reject": _("rejected"),
    "never": _("rejected, and there are rules that say that their tags are not wanted"),
    "reopen": _("back in the review"),
}
NOTHING = gettext_lazy("Nothing was changed: somebody has decided on it already, or edited it, or it is written.")


@dataclass(frozen=True)
class Act:
    """``name``: one of ACTS; ``selection``: what is meant, of the ``status`` that its page lists.

    ``last``: the newest change that the page knew of; ``read_at``: when it was read.
    """

    name: str
    selection: Selection
    status: str
    last: int
    read_at: datetime | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], asked: ReviewQuery) -> Act:
        """From a form: the button that was pressed is called such as ``approve-scene``. Raises BadRequest."""
        last = id_of(given.get("last") or "") or 0
        for name in ACTS:
            for target in TARGETS:
                if value := given.get(f"{name}-{target}"):
                    selection = narrowed(asked, target, str(value))
                    return cls(name, selection, asked.status, last, moment(given.get("read_at") or ""))
        raise BadRequest(SAY_WHICH)

    def rows(self) -> ChangeQuerySet:
        """By columns of their own, so that an UPDATE looks at each row as it is then; none that came or was edited
        since."""
        rows = self.present().filter(status=self.status)
        if self.read_at:
            rows = rows.filter(Q(edited_at=None) | Q(edited_at__lte=self.read_at))
        return rows.filter(pk__lte=self.last) if self.last else rows

    def present(self) -> ChangeQuerySet:
        """Of any status."""
        return self.selection.rows().exclude(scene__in=GONE.values("pk"))


def moment(text: str) -> datetime | None:
    """None for what is no time with a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def narrowed(asked: ReviewQuery, target: str, value: str) -> Selection:
    """What the page shows, and of that the change, the scene or the tag."""
    if target == "all":
        return asked.selection()
    if target == "tag":
        if "\0" in value:
            raise BadRequest(SAY_WHICH)
        return Selection(asked.plan_id, asked.scene_id, value)
    if (number := id_of(value)) is None:
        raise BadRequest(SAY_WHICH)
    return Selection(change_ids=(number,)) if target == "change" else Selection(asked.plan_id, number, asked.tag)


@dataclass(frozen=True)
class DecisionMade:
    """What came of it: ``act``, one of ACTS, with ``count`` changes.

    ``at``: when, by which it is undone, if it can be; ``before``: the status that they had; ``rules``: what was wanted
    by the rules of their tags, of a decision that changed those.
    """

    count: int
    act: str
    at: str = ""
    before: str = Status.PROPOSED
    rules: dict[str, bool | None] | None = None

    @property
    def text(self) -> str:
        return f"{counted(self.count, 'change')} {gettext(DONE_WORDS[self.act])}." if self.count else str(NOTHING)


def decide(act: Act, user: User) -> DecisionMade:
    """Approve, reject, never again, back to the review: one UPDATE, or a few."""
    who = Decider(Via.PAGE, user, timezone.now())
    rows = act.rows()
    rules = rules_of(rows) if act.name == "never" else None
    if act.name == "approve":
        count = deciding.approve(rows, who, also_rejected=bool(act.selection.change_ids))
    elif act.name == "reopen":
        count = deciding.reopen(rows)
    else:
        count = (reject_everywhere if act.name == "never" else deciding.reject)(rows, who)
    at = who.at.isoformat() if who.at and act.name != "reopen" and count else ""
    before = Status.PROPOSED if act.name == "never" else act.status  # elsewhere they had any status
    return DecisionMade(count, act.name, at, before, rules)


def start(act: Act, user: User) -> tuple[Job, str]:
    """The job that writes, or takes back, and what else was done, for people.

    Raises NotPossible where there is nothing to be done.
    """
    who, selection = Decider(Via.PAGE, user), named(act)
    if act.name == "apply":
        return start_applying(selection, who, "page"), ""
    rejected = to_reject(selection)
    return start_reverting(selection, who, "page"), rejected_message(rejected)


def named(act: Act) -> Selection:
    """A job has to be told which; of everything that waits it is the first that one job takes.

    What the page lists is taken back, and nothing else rejected for it, unless there is too much to name it.
    """
    if act.selection != Selection():
        ids = act.present().filter(status=act.status).values_list("pk", flat=True)[: MAX_CHANGES + 1]
        is_whole = act.name == "apply" or not 0 < len(ids) <= MAX_CHANGES
        return act.selection if is_whole else Selection(change_ids=tuple(ids))
    if act.name == "revert":
        raise BadRequest(
            gettext("Choose a scene, a tag or a plan first: all that was ever written is not taken back at once.")
        )
    ids = act.present().to_write().order_by("pk").values_list("pk", flat=True)[:MAX_CHANGES]
    return Selection(change_ids=tuple(ids)) if ids else Selection(change_ids=(0,))


def undo(done: DecisionMade, user: User) -> tuple[int, int]:
    """Take one's own decision back by its time: how many have the status of before again, how many are written."""
    rows, who = (
        Change.objects.filter(decided_via=Via.PAGE, decided_at=done.at, decided_by=user),
        Decider(Via.PAGE, user),
    )
    total, before = rows.count(), done.before
    if done.rules is not None:
        restore_rules(datetime.fromisoformat(done.at), done.rules)
    if before == Status.APPROVED:
        restored = deciding.approve(rows.filter(status=Status.REJECTED), who, also_rejected=True)
    elif before == Status.REJECTED:
        restored = deciding.reject(rows.filter(deciding.OPEN), who)
    else:
        restored = deciding.reopen(rows)
    return restored, total - restored
