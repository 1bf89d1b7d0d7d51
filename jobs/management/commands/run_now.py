"""`manage.py run_now JOB`: have it go on in quiet hours."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import engine
from jobs.errors import NotPossible
from jobs.management import SETTINGS
from jobs.models import Job


class Command(BaseCommand):
    help = "Have a job that waits for the end of quiet hours go on now, with all of its run."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=UUID, help="The job's id, as its page and the API show it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job = engine.ignore_quiet_hours(options["job"])
        except Job.DoesNotExist:
            raise CommandError(f"There is no job {options['job']}.") from None
        except NotPossible as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{job} goes on in quiet hours, too.")
