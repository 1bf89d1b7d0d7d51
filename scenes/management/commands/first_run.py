"""`manage.py first_run`: decide on what was there before the first run, or see what that is."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest, NotPossible
from jobs.management import SETTINGS
from scenes.first_run.deciding import ANSWERS, SCENES, FirstRunAnswers, decide
from scenes.models.first_run import FirstRunQuestion


class Command(BaseCommand):
    help = "Decide, once, what to do with the torrents and scenes that are there already. Without options: show it."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        for question, answers in ANSWERS.items():
            described = "; ".join(f"{answer.value}: {answer.label}" for answer in answers)
            parser.add_argument(f"--{question.value}", choices=[answer.value for answer in answers], help=described)
        parser.add_argument(
            "--scenes", type=int, metavar="N", help=f"With --library analyse: most of them in one run ({SCENES})."
        )
        parser.add_argument("--json", action="store_true", help="How it stands, as JSON on stdout.")

    def handle(self, *args: Any, **options: Any) -> None:
        from scenes.first_run import looking  # which takes the clients of services

        decision = FirstRunAnswers(options["torrents"] or "", options["library"] or "", options["scenes"])
        if decision != FirstRunAnswers():
            try:
                decide(decision, "command")
            except (BadRequest, NotPossible) as error:
                raise CommandError(str(error)) from error
            for sentence in looking.record():
                self.stderr.write(sentence)
        found = looking.look()
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for question in FirstRunQuestion:
            self.stdout.write(line_of(question, found[question.value]))
        asks = "A run ends with the question until it is decided." if found["undecided"] else "A run goes on."
        self.stdout.write(asks)


def line_of(question: FirstRunQuestion, found: dict[str, Any]) -> str:
    """``Torrents that were finished before: 3, undecided``."""
    if found["answer"]:
        limit = f" ({found['scenes']} a run)" if found["scenes"] else ""
        return f"{question.label}: {found['answer']}{limit}"
    if found["problem"]:
        return f"{question.label}: not known. {found['problem']}"
    return f"{question.label}: {'nothing to decide' if not found['count'] else str(found['count']) + ', undecided'}"
