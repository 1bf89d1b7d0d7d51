"""What is told of a run that has ended."""

from __future__ import annotations

from typing import Any

from jobs.models import Job


def tell_of_run(job: Job, **kwargs: Any) -> None:
    """A receiver of `jobs.signals.run_ended`."""
