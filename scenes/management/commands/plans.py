"""`manage.py plans`: look at what is proposed, decide on it, have it written to Stash, and taken back."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest, NotPossible
from jobs.management import SETTINGS
from jobs.management.base import watch_job
from jobs.models import FINISHED, Job, Status
from jobs.texts.words import counted, printable
from scenes.models import Change, Plan
from scenes.models.reviewed import Via
from scenes.plans.review import deciding, editing, history
from scenes.plans.review.counting import with_counts
from scenes.plans.review.deciding import Decider
from scenes.plans.review.never_again import reject_everywhere
from scenes.plans.review.selection import Selection
from scenes.plans.review.starting import rejected_message, start_applying, start_reverting, to_reject

WHO = Decider(Via.COMMAND)
COUNTS = (*map(str, Change.Status.values), "failed")
EDITS = ("name", "title", "start", "end")
NO_END = "none"


class Command(BaseCommand):
    help = "Plans of changes: look at them, decide, edit, write them to Stash, take them back."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        listing = acts.add_parser("list", help="The newest plans, with how far they are.")
        listing.add_argument("--json", action="store_true", help="As JSON on stdout.")
        listing.add_argument("--status", choices=Change.Status.values, help="Those with changes of this status.")
        showing = _on_changes(acts, "show", "The changes of a plan, a scene or a tag.")
        showing.add_argument("--status", choices=Change.Status.values, help="Those of this status.")
        for parser_ in (listing, showing):
            parser_.add_argument("--limit", type=int, default=50, metavar="N", help="At most so many (50).")
        approving = _on_changes(acts, "approve", "Have them written by the next run.")
        approving.add_argument("--also-rejected", action="store_true", help="What was rejected or taken back, too.")
        rejecting = _on_changes(acts, "reject", "Have them not written, and not proposed again for their scenes.")
        rejecting.add_argument("--never-again", action="store_true", help="Nowhere: make rules for their tags.")
        editing_ = _on_changes(acts, "edit", "Edit one change, or rename a proposed tag (--tag OLD --name NEW).")
        for name in EDITS:
            editing_.add_argument(f"--{name}", help=_EDIT_HELP[name])
        applying = _on_changes(acts, "apply", "Write to Stash what is approved of them.")
        applying.add_argument("--approve", action="store_true", help="Approve first what is proposed.")
        for act in (applying, _on_changes(acts, "revert", "Take back in Stash what they did there.")):
            act.add_argument("--wait", action="store_true", help="Follow the job until it ends.")
            act.add_argument("--inline", action="store_true", help="Do the work in this process; no worker needed.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['act']}")(options)
        except (BadRequest, NotPossible) as error:
            raise CommandError(str(error)) from error

    def do_list(self, options: dict[str, Any]) -> None:
        plans = with_counts(Plan.objects.order_by("-pk"))
        if status := options["status"]:
            plans = plans.filter(pk__in=Change.objects.filter(status=status).order_by().values("plan"))
        rows = [
            {
                "id": plan.pk,
                "created_at": plan.created_at.isoformat(timespec="seconds"),
                **{name: getattr(plan, f"{name}_count") for name in COUNTS},
            }
            for plan in plans[: max(0, options["limit"])]
        ]
        self.show(rows, options, plan_line)

    def do_show(self, options: dict[str, Any]) -> None:
        changes = _selection(options).rows().order_by("-pk")
        if options["status"]:
            changes = changes.filter(status=options["status"])
        rows = [
            {
                "id": change.pk,
                "plan_id": change.plan_id,
                "scene_id": change.scene_id,
                "status": change.status,
                "what": history.what(change),
                "seen": history.seen(change),
                "value": change.value,
                "message": change.explanation,
            }
            for change in changes[: max(0, options["limit"])]
        ]
        self.show(rows, options, change_line)

    def show(self, rows: list[dict[str, Any]], options: dict[str, Any], line: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write(printable(line(row)))
        if not rows:
            self.stdout.write("None.")

    def do_approve(self, options: dict[str, Any]) -> None:
        rows = _selection(options).rows()
        count = deciding.approve(rows, WHO, also_rejected=options["also_rejected"])
        self.report(count, rows.count(), "approved", options)

    def do_reject(self, options: dict[str, Any]) -> None:
        rows = _selection(options).rows()
        count = (reject_everywhere if options["never_again"] else deciding.reject)(rows, WHO)
        self.report(count, rows.count(), "rejected", options)

    def do_edit(self, options: dict[str, Any]) -> None:
        given = {name: options[name] for name in EDITS if options[name] is not None}
        if options["tag"] and set(given) == {"name"}:
            done = editing.rename_tag(_selection(options).rows(), options["tag"], given["name"], WHO)
            self.report(done.renamed, done.renamed + done.left, "edited", options)
            return
        if len(options["change"] or ()) != 1 or not given:
            raise BadRequest("Name one change (--change ID) and what is to differ, or give --tag OLD --name NEW.")
        try:
            editing.edit(options["change"][0], _edit(options["change"][0], given), WHO)
        except Change.DoesNotExist:
            raise BadRequest(f"There is no change {options['change'][0]}.") from None
        self.report(1, 1, "edited", options)

    def do_apply(self, options: dict[str, Any]) -> None:
        selection = _selection(options)
        if options["approve"]:
            deciding.approve(selection.rows(), WHO)
        self.follow(start_applying(selection, WHO, "command"), options)

    def do_revert(self, options: dict[str, Any]) -> None:
        selection = _selection(options)
        rejected = to_reject(selection)
        job = start_reverting(selection, WHO, "command")
        if rejected and not options["json"]:
            self.stdout.write(rejected_message(rejected))
        self.follow(job, options)

    def report(self, count: int, matched: int, what: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"matched": matched, "changed": count}))
            return
        rest = max(0, matched - count)
        others = f"; {counted(rest, 'other is', 'others are')} as before" if rest else ""
        self.stdout.write(f"{counted(count, 'change')} {what}{others}.")

    def follow(self, job: Job, options: dict[str, Any]) -> None:
        if options["wait"] or options["inline"]:
            watch_job(job, inline=options["inline"])
        job.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(job.result or {"job_id": str(job.pk), "status": job.status}, indent=2))
        else:
            message = printable(job.error_message or job.message)
            self.stdout.write(
                f"{job.name} {job.pk}: {job.get_status_display().lower()}" + (f": {message}" if message else "")
            )
        if job.status in FINISHED and job.status != Status.COMPLETED:
            raise SystemExit(1)


_EDIT_HELP = {
    "name": "The tag's new name.",
    "title": "A marker's new title.",
    "start": "A marker's new begin, in seconds.",
    "end": f'A marker\'s new end, in seconds, or "{NO_END}".',
}


def _on_changes(acts: Any, name: str, help: str) -> CommandParser:
    """The parser of an act on some changes."""
    parser: CommandParser = acts.add_parser(name, help=help, description=f"{help} Of what is given all has to fit.")
    parser.add_argument("plan", nargs="?", type=int, metavar="PLAN", help="Changes of this plan.")
    parser.add_argument("--scene", type=int, metavar="ID", help="Changes of this scene, by Stash's id.")
    parser.add_argument("--tag", default="", metavar="NAME", help="Changes about this tag, everywhere.")
    parser.add_argument("--change", type=int, action="append", metavar="ID", help="This change. One each time.")
    parser.add_argument("--json", action="store_true", help="The outcome alone, as JSON on stdout.")
    return parser


def _selection(options: dict[str, Any]) -> Selection:
    """Raises BadRequest."""
    given = {"plan_id": options["plan"], "scene_id": options["scene"], "tag": options["tag"]}
    return Selection.of({**given, "change_ids": options["change"] or []}).known()


def _edit(change_id: int, given: dict[str, str]) -> dict[str, Any]:
    """As the API takes it: seconds as numbers, and the name where a marker has it. Raises BadRequest."""
    edited: dict[str, Any] = dict(given)
    if Change.objects.filter(pk=change_id, kind=Change.Kind.ADD_MARKER).exists() and "name" in edited:
        edited["tag"] = edited.pop("name")
    for name in {"start", "end"} & edited.keys():
        text = edited[name]
        try:
            edited[name] = None if name == "end" and text == NO_END else float(text)
        except ValueError:
            raise BadRequest(f"--{name}: {text[:50]!r} is no number of seconds.") from None
    return edited


def plan_line(row: dict[str, Any]) -> str:
    numbers = ", ".join(f"{row[name]} {name}" for name in COUNTS if row[name])
    return f"Plan {row['id']}, {row['created_at']}: {numbers or 'nothing to change'}"


def change_line(row: dict[str, Any]) -> str:
    parts = [row["what"], row["seen"], row["message"]]
    return f"{row['id']}: scene {row['scene_id']}, {row['status']}: {'; '.join(filter(None, parts))}"
