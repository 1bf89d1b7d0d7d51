"""The report of a dry run on the page of its run."""

from __future__ import annotations

from django import template

from jobs.models import Job
from scenes.web.dry_run_report import StepReport, sections_of

register = template.Library()


@register.simple_tag
def dry_run_report(job: Job) -> list[StepReport]:
    return sections_of(job)
