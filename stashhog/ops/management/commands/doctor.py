"""`manage.py doctor`: what is well with this installation, what is not, and what to do about it."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.texts.translatable import translated
from stashhog.ops.doctor.examining import examine
from stashhog.ops.doctor.findings import Finding, Level

EXIT_CODES = {Level.OK: 0, Level.FAIL: 1, Level.WARN: 2}


class Command(BaseCommand):
    help = "Examine everything that StashHog needs. Exit code 0: all is fine, 2: something to look at, 1: it fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="As JSON on stdout.")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        examination = examine()
        if json:
            self.stdout.write(as_json(examination.described()))
        for finding in [] if json else examination.findings:
            self.stdout.write(self.line(finding))
        if code := EXIT_CODES[examination.level]:
            sys.exit(code)

    def line(self, finding: Finding) -> str:
        style = {Level.OK: self.style.SUCCESS, Level.WARN: self.style.WARNING, Level.FAIL: self.style.ERROR}
        texts = {name: translated(text) for name, text in finding.texts.items()}
        fix = f"\n       {texts['fix']}" if finding.fix else ""
        return f"{style[finding.level](finding.level.value.ljust(4))} {texts['name']}: {texts['text']}{fix}"


def as_json(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False)
