"""Changes rows of the watched StashHog from another process, as its worker would.

Reads one Python expression a line, evaluates it with tests/web/factories in reach, answers its value as JSON.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
    import django

    django.setup()
    from jobs.models import Job, Step
    from scenes import models
    from tests.browser.scenery import admin_pages, big_runs, late_run, scenery
    from tests.web import factories

    sceneries = {"scenery": scenery, "big_runs": big_runs, "late_run": late_run, "admin_pages": admin_pages}
    names = {**vars(models), **vars(factories), "Job": Job, "Step": Step, **sceneries}
    for line in sys.stdin:
        value = eval(line, names)
        sys.stdout.write(json.dumps(value, default=lambda row: str(row.pk)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
