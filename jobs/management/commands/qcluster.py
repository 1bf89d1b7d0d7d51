"""django-q2's cluster, mended; `manage.py worker` supervises it and is what people start."""

import os
from typing import Any

from django_q.management.commands.qcluster import Command as Original

from jobs import cluster, owner


class Command(Original):
    help = "The cluster of worker processes (django-q2). Start `manage.py worker`, which looks after it."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("STASHHOG_SUPERVISED") == str(os.getppid()):
            owner.die_with_parent()
        cluster.mend()
        super().handle(*args, **options)
