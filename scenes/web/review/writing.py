"""What writes changes to Stash, or takes them back there, now; and what came of it last."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.models import Job, Status
from jobs.models.compiled import Compiled
from scenes.web.needing.failed_jobs import failed

NOW = {"apply_plan": _("Approved changes are written to Stash."), "revert_plan": _("Changes are taken back in Stash.")}
FAILED = {"apply_plan": _("Writing to Stash failed:"), "revert_plan": _("Taking changes back failed:")}


first_active = Compiled(lambda: Job.objects.active().filter(type__in=NOW).order_by("created_at", "id")[:1])
newest = Compiled(lambda: Job.objects.filter(type__in=NOW).order_by("-created_at", "-id")[:1])


@dataclass(frozen=True)
class Writing:
    """``job``: the first that has not ended, one of a run too; ``failed``: the last, if it failed.

    ``mark``: another one once what pages list is outdated.
    """

    job: Job | None
    failed: Job | None
    mark: str

    @classmethod
    def now(cls) -> Writing:
        job, last = (next(iter(asked()), None) for asked in (first_active, newest))
        broken = failed().filter(pk=last.pk).first() if last and last.status == Status.FAILED else None
        state = (job.pk if job else "", last.pk if last else "", last.status if last else "")
        return cls(job, broken, ".".join(map(str, state)))

    @property
    def sentence(self) -> str:
        return gettext(NOW[self.job.type]) if self.job else ""

    @property
    def failure(self) -> str:
        return gettext(FAILED[self.failed.type]) if self.failed else ""
