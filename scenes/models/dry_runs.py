"""What a dry run reports: a row for each thing that a run would do, or would not do and why."""

from __future__ import annotations

from typing import Self

from django.db import models

from jobs.models import Job
from jobs.translatable import TranslatableField
from scenes.models.attempts import Outcome

WOULD: dict[str, str] = {
    Outcome.DONE: "Would be done",
    Outcome.WAITING: "Would wait",
    Outcome.NOT_WANTED: "Not wanted",
    Outcome.FAILED: "Would fail",
    Outcome.QUARANTINED: "Quarantined",
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
        TORRENT = "torrent", "Torrent"
        FILE = "file", "File"
        FOLDER = "folder", "Folder"
        LIBRARY = "library", "Library"
        SCENE = "scene", "Scene"
        PLAN = "plan", "Plan"

    class Action(models.TextChoices):
        LINK = "link", "Link"
        COPY = "copy", "Copy"
        MOVE = "move", "Move"
        TAG = "tag", "Tag in qBittorrent"
        REMOVE = "remove", "Remove from qBittorrent"
        DELETE = "delete", "Remove from qBittorrent with its files"
        SCAN = "scan", "Scan"
        SYNC = "sync", "Sync"
        ANALYSE = "analyse", "Analyse"
        APPLY = "apply", "Apply"
        REVERT = "revert", "Take back"
        GENERATE = "generate", "Generate"
        RUN = "run", "Run in Stash"
        ASK = "ask", "Ask a person"

    job = models.ForeignKey(Job, models.CASCADE, related_name="dry_run_items")
    step = models.CharField(max_length=30, help_text="Key of the step that would do it.")
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=64, blank=True, help_text="Hash of a torrent, also of its files; id of the rest.")
    name = models.TextField(blank=True)
    action = models.CharField(max_length=10, choices=Action, blank=True)
    target = models.TextField(blank=True, help_text="Where a file would be, as StashHog sees it.")
    outcome = models.CharField(max_length=15, blank=True)
    code = models.CharField(max_length=60, blank=True)
    message = TranslatableField(blank=True)

    objects = DryRunItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "line of a dry run"
        verbose_name_plural = "lines of dry runs"

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """What would be done, in a word or two; or why nothing; of a torrent as a whole, how it would end."""
        if self.action:
            return str(self.get_action_display())
        said = WOULD.get(self.outcome, "") if self.kind == self.Kind.TORRENT else ""
        return said or (self.code or self.kind).replace("_", " ").capitalize()
