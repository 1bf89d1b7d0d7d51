"""What a dry run reports: a row for each thing that a run would do, or would not do and why."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.texts.translatable import TranslatableField
from scenes.models.attempts import Outcome

WOULD: dict[str, str] = {
    Outcome.DONE: gettext_noop("Would be done"),
    Outcome.WAITING: gettext_noop("Would wait"),
    Outcome.NOT_WANTED: gettext_noop("Not wanted"),
    Outcome.FAILED: gettext_noop("Would fail"),
    Outcome.QUARANTINED: gettext_noop("Quarantined"),
}


class DryRunItemQuerySet(models.QuerySet["DryRunItem"]):
    def of(self, job: Job) -> Self:
        """Of a job and of its sub-jobs, in the order of a run."""
        return self.filter(job__in=Job.objects.of_run(job.pk)).order_by("id")


class DryRunItem(models.Model):
    """One line of the report. `action`: what would be done with it; empty: nothing, and `code` and `message` say why.

    `outcome` is how a run of that moment would have left it, as in the other tables.
    """

    class Kind(models.TextChoices):
        TORRENT = "torrent", _("Torrent")
        FILE = "file", _("File")
        FOLDER = "folder", _("Folder")
        LIBRARY = "library", _("Library")
        SCENE = "scene", _("Scene")
        PLAN = "plan", _("Plan")

    class Action(models.TextChoices):
        LINK = "link", _("Link")
        COPY = "copy", _("Copy")
        MOVE = "move", _("Move")
        TAG = "tag", _("Tag in qBittorrent")
        REMOVE = "remove", _("Remove from qBittorrent")
        DELETE = "delete", _("Remove from qBittorrent with its files")
        SCAN = "scan", _("Scan")
        SYNC = "sync", _("Sync")
        ANALYSE = "analyse", _("Analyse")
        APPLY = "apply", _("Apply")
        REVERT = "revert", _("Take back")
        GENERATE = "generate", _("Generate")
        RUN = "run", _("Run in Stash")
        ASK = "ask", _("Ask a person")

    job = models.ForeignKey(Job, models.CASCADE, related_name="dry_run_items", verbose_name=_("job"))
    step = models.CharField(_("step"), max_length=30, help_text=_("Key of the step that would do it."))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(
        _("key"), max_length=64, blank=True, help_text=_("Hash of a torrent, also of its files; id of the rest.")
    )
    name = models.TextField(_("name"), blank=True)
    action = models.CharField(_("action"), max_length=10, choices=Action, blank=True)
    target = models.TextField(_("target"), blank=True, help_text=_("Where a file would be, as StashHog sees it."))
    outcome = models.CharField(_("outcome"), max_length=15, blank=True)
    code = models.CharField(_("code"), max_length=60, blank=True)
    message = TranslatableField(_("message"), blank=True)

    objects = DryRunItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("line of a dry run")
        verbose_name_plural = _("lines of dry runs")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """What would be done, in a word or two; or why nothing; of a torrent as a whole, how it would end."""
        if self.action:
            return str(self.get_action_display())
        outcome = gettext(WOULD[self.outcome]) if self.outcome in WOULD and self.kind == self.Kind.TORRENT else ""
        return outcome or gettext((self.code or self.kind).replace("_", " ").capitalize())
