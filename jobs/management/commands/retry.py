"""`manage.py retry JOB`: do again what failed of it."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import engine
from jobs.errors import AlreadyRunning, NotPossible
from jobs.management import SETTINGS
from jobs.models import Job


class Command(BaseCommand):
    help = "Do again what failed: of a run all that did not succeed, of a sub-job its batch alone."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=UUID, help="The job's id, as its page and the API show it.")
        parser.add_argument("--step", default="", help="The key of one step of a run.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job = engine.retry(options["job"], options["step"])
        except Job.DoesNotExist:
            raise CommandError(f"There is no job {options['job']}.") from None
        except (NotPossible, AlreadyRunning) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{job} is queued again (attempt {job.attempt}).")
