"""A command that starts one type of job, and watches it or does the work itself."""

from __future__ import annotations

import json
import logging
import signal
import sys
from argparse import BooleanOptionalAction
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connections
from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from jobs import engine
from jobs.declare.params import Parameter
from jobs.declare.registry import params_of
from jobs.engine import holding
from jobs.errors import AlreadyRunning, BadRequest
from jobs.management import SETTINGS
from jobs.models import FINISHED, Job, Status
from jobs.texts.words import printable
from jobs.waiting import Waiter
from jobs.worker import execution, heartbeat

EXIT_CODES = {
    Status.COMPLETED: 0,
    Status.FAILED: 1,
    Status.COMPLETED_WITH_ERRORS: 2,
    Status.CANCELLED: 3,
}
ALREADY_RUNNING = 4
POLL_INTERVAL = 0.2  # seconds between two queries of the job

logger = logging.getLogger(__name__)


class JobCommand(BaseCommand):
    """Subclasses give ``job_type``; the options come from the parameters it takes."""

    job_type: str
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", action="store_true", help="Follow the job until it ends.")
        parser.add_argument("--inline", action="store_true", help="Do the work in this process; no worker needed.")
        parser.add_argument("--json", action="store_true", help="Print the result alone, as JSON, on stdout.")
        for parameter in params_of(self.job_type).parameters():
            add_option(parser, parameter)

    def handle(self, *args: Any, **options: Any) -> None:
        job = self.start(options)
        if held := holding.waits_at_start(self.job_type):
            way = f" `run_now {job.pk}` has it go on in quiet hours, too." if holding.is_quiet(held) else ""
            self.stderr.write(f"{held}{way}")
        if options["inline"] or options["wait"]:
            watch_job(job, inline=options["inline"])
        job.refresh_from_db()
        self.print_outcome(job, options)
        if job.status in FINISHED:
            sys.exit(EXIT_CODES[Status(job.status)])
        if options["inline"]:
            raise CommandError("Stopped. Start it with --inline again, or a worker, to go on.")
        if options["wait"]:
            raise CommandError("Not followed any more; the job goes on in the workers.")

    def start(self, options: dict[str, Any]) -> Job:
        """Start the job, or with --inline go on with a run that a crash left."""
        names = params_of(self.job_type).model_fields
        given = {name: options[name] for name in names if options.get(name) is not None}
        params = {name: None if value is NOTHING else value for name, value in given.items()}
        try:
            return engine.start(self.job_type, params, source="command")
        except BadRequest as error:
            raise CommandError(str(error)) from error
        except AlreadyRunning as running:
            if options["inline"] and (left := left_by_a_crash(running)):
                self.stderr.write(f"Going on with job {left.pk}.")
                return left
            raise CommandError(str(running), returncode=ALREADY_RUNNING) from running

    def result_of(self, job: Job) -> dict[str, Any]:
        """What is printed as JSON."""
        return job.result or {"job_id": str(job.pk), "status": job.status}

    def print_outcome(self, job: Job, options: dict[str, Any]) -> None:
        """The result alone as JSON, or how the job stands in a line."""
        if options["json"]:
            self.stdout.write(json.dumps(self.result_of(job), indent=2))
        else:
            reason = job.error_message or (job.message if job.status == Status.COMPLETED_WITH_ERRORS else "")
            text = f": {printable(reason)}" if reason else ""
            self.stdout.write(f"{job.name} {job.pk}: {job.get_status_display().lower()}{text}")


TYPES = {"integer": int, "number": float}  # by their names in JSON
NOTHING = object()  # stands for the null that a person asked for


def add_option(parser: CommandParser, parameter: Parameter) -> None:
    """`--batch-size N`, `--force/--no-force`, `--skip NAME --skip NAME`; `--no-skip` where the default may be some."""
    options: dict[str, Any] = {"dest": parameter.name, "required": parameter.required}
    options["help"] = parameter.help.replace("%", "%%")
    if parameter.type == "boolean":
        options["action"] = BooleanOptionalAction
    elif parameter.type == "array":
        options |= {"action": "append", "type": TYPES.get(parameter.items.get("type", ""), str)}
        options["metavar"] = "NAME" if parameter.is_choice else "ID"
        options["help"] += " One each time."
    else:
        options |= {"type": TYPES.get(parameter.type, str), "metavar": "N"}
    name = parameter.name.replace("_", "-")
    parser.add_argument(f"--{name}", **options)
    if parameter.may_be_none:
        nothing: Any = [] if parameter.type == "array" else NOTHING
        text = f"Without {parameter.label.lower()}, whatever the default."
        parser.add_argument(f"--no-{name}", dest=parameter.name, action="store_const", const=nothing, help=text)


def left_by_a_crash(running: AlreadyRunning) -> Job | None:
    """The active run, when no worker is running that could continue it."""
    if engine.worker_alive():
        return None
    engine.recover()
    job = Job.objects.filter(pk=running.active_id).first() if running.active_id else None
    if job is None or Job.objects.of_run(job.pk).claimed().exists():
        return None
    return job


def watch_job(job: Job, *, inline: bool) -> None:
    """Until the job ends: show its progress, and with ``inline`` be its worker."""
    waiter = Waiter()
    with progress_bar() as progress, stopped_by_signals():
        task = progress.add_task(job.name, total=100)

        def show(text: str) -> None:
            progress.update(task, completed=job.percent, description=text)

        while not heartbeat.stopping.is_set() and not go_on(job, show, inline=inline):
            waiter.pause(POLL_INTERVAL)


def go_on(job: Job, show: Callable[[str], None], *, inline: bool) -> bool:
    """Show how far the job is, and with ``inline`` do what is due of it; True when it has ended."""
    with tolerate_database_errors():
        job.refresh_from_db()
        active = job.sub_jobs.active().order_by("created_at").first()
        show((active.message if active else job.message) or job.name)
        if job.status in FINISHED:
            return True
        if inline:
            engine.recover()  # what a crash left
            engine.clean_up_orphaned()
            execution.handle_wakeup(str(job.pk))
    return False


class Description(TextColumn):
    """What is being done, as it is: titles have brackets, and escapes, of their own."""

    def render(self, task: Task) -> Text:
        return Text(printable(task.description))


def progress_bar() -> Progress:
    """On stderr, and only on a terminal: stdout is for the result."""
    columns = (
        TextColumn("{task.percentage:>3.0f}%"),
        BarColumn(),
        TimeElapsedColumn(),
        Description(""),
    )
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT end the watching; inline, the current job is requeued first."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: heartbeat.stopping.set()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def tolerate_database_errors() -> Iterator[None]:
    """The database may be away for a while: the job goes on once it is back, and so does this command."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database can't be reached: %s", error)
        connections.close_all()
