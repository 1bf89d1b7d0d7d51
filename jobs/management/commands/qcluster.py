"""django-q2's cluster, patched; people start `manage.py worker`, which supervises it."""

import os
from typing import Any

from django.core.management.base import CommandError
from django_q.management.commands.qcluster import Command as Original

from jobs.engine import process_id
from jobs.management import SETTINGS
from jobs.worker import cluster, readiness


class Command(Original):
    help = "The cluster of worker processes (django-q2). Start `manage.py worker`, which supervises it."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        if supervisor := os.environ.get("JOBS_SUPERVISED"):
            process_id.die_with_parent()
            # It may have died before that could be asked for: nobody would ever stop this cluster.
            if str(os.getppid()) != supervisor:
                raise CommandError("The supervisor that started this cluster is gone.")
        try:
            readiness.inherit()
        except readiness.NoPipe as error:
            raise CommandError(str(error)) from error
        cluster.patch()
        cluster.preload()
        super().handle(*args, **options)
