"""Finished torrents and their files on the way into the library: every one ends as a row with an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from jobs.models import Job
from jobs.translatable import TranslatableField
from scenes.models.attempts import BAD, Attempts, AttemptsQuerySet, Outcome

BEFORE_FIRST_RUN = "before_first_run"  # code of torrents that a person said are handled


class DownloadQuerySet(AttemptsQuerySet["Download"]):
    def releasable(self) -> Self:
        """Also those that were there before the first run: a person may want a single one after all."""
        return self.filter(models.Q(outcome__in=BAD) | models.Q(code=BEFORE_FIRST_RUN))

    def release(self) -> int:
        """Their destination is decided once more, too, unless some of a torrent is placed, or was to be moved."""
        self.releasable().undecide()
        return super().release()

    def undecide(self) -> None:
        """Forget where they were to go, where nothing of them went there."""
        placed = PlacedFile.objects.filter(download=models.OuterRef("pk"), outcome=Outcome.DONE).exclude(target="")
        self.filter(~models.Exists(placed), removed_at=None).update(destination="")


class Download(Attempts):
    """A finished torrent that StashHog handles."""

    released_with: ClassVar = {"download": "pk"}
    named_by: ClassVar = "download"

    hash = models.CharField(max_length=64, unique=True, help_text="qBittorrent's info hash.")
    name = models.TextField()
    category = models.CharField(max_length=200, blank=True)
    save_path = models.TextField(help_text="As qBittorrent sees it.")
    size = models.BigIntegerField(default=0, help_text="Bytes that are selected or there, as qBittorrent counts.")
    folder = models.TextField(blank=True, help_text="In the library, for the files of one without a folder of its own.")
    destination = models.TextField(blank=True, help_text="The folder of its destination, kept once it is begun.")
    completed_at = models.DateTimeField(null=True, blank=True)
    files_checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When qBittorrent was last asked which files are selected."
    )
    tagged_at = models.DateTimeField(null=True, blank=True, help_text="When it got our tag in qBittorrent.")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When we removed it from qBittorrent.")
    recheck_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it is looked at again by itself, while it waits."
    )
    rechecks = models.PositiveSmallIntegerField(default=0, editable=False, help_text="How often it was.")
    cleanup_message = TranslatableField(blank=True, help_text="Why the clean-up left it in qBittorrent.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DownloadQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["recheck_at"], name="download_recheck", condition=~models.Q(recheck_at=None)),
        ]

    def __str__(self) -> str:
        return self.name


class PlacedFileQuerySet(AttemptsQuerySet["PlacedFile"]):
    def locked(self) -> Self:
        """Read to be written in the same transaction: nobody releases them meanwhile. Their downloads stay free."""
        return self.select_for_update(of=("self",), no_key=True)

    def at(self, path: Path) -> Self:
        """With this target. That it is not empty is said too: without it the partial index is of no use."""
        return self.filter(target=str(path)).exclude(target="")

    def named(self) -> Self:
        """Not the only file of a torrent that is named itself."""
        others = PlacedFile.objects.filter(download=models.OuterRef("download")).exclude(pk=models.OuterRef("pk"))
        return self.filter(models.Exists(others) | ~models.Q(download__outcome__in=BAD))

    def release(self) -> int:
        """Also their torrents, which are handled again."""
        downloads = set(self.bad().values_list("download", flat=True))
        self.bad().update(waiting_since=None)
        released = super().release()
        Download.objects.filter(pk__in=downloads).undecide()
        Download.objects.filter(pk__in=downloads).start_over(code="")
        return released


class PlacedFile(Attempts):
    """A file of a download and its place in the library; `target` is saved before anything is placed."""

    released_with: ClassVar = {"download": "download", "file": "pk"}
    named_by: ClassVar = "file"

    download = models.ForeignKey(Download, models.CASCADE, related_name="files")
    video = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sidecars",
        help_text="Whose subtitle, script or other sidecar this is; a sidecar goes beside its video and has no scene.",
    )
    name = models.TextField(help_text="As in the torrent's file list.")
    size = models.BigIntegerField(help_text="Bytes.")
    source = models.TextField(help_text="As StashHog sees it.")
    target = models.TextField(blank=True, help_text="As StashHog sees it; chosen once and kept.")
    same_as = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The file of another torrent that put the same one into the library.",
    )
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="When it was first looked for in vain.")
    wanted_again = models.BooleanField(default=False, help_text="A person wants it though it was deleted in Stash.")
    placed_at = models.DateTimeField(null=True, blank=True)
    placed_by = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="placed_files")
    created_at = models.DateTimeField(default=timezone.now)

    objects = PlacedFileQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = "file"
        ordering = ["download", "id"]
        indexes = [models.Index(fields=["size"], name="placed_by_size")]
        constraints = [
            models.UniqueConstraint(fields=["download", "name"], name="file_once_a_download"),
            models.UniqueConstraint(fields=["target"], condition=~models.Q(target=""), name="target_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where it is in the library, whoever put it there; empty when that is not known."""
        return self.target or (self.same_as.target if self.same_as else "")

    @property
    def save_folder(self) -> Path:
        """The torrent's save path as StashHog sees it, if the name is a safe one."""
        return Path(self.source).parents[self.name.count("/")]


class RefusedLogin(models.Model):
    """A login that qBittorrent refused: not tried again until URL, user or password change."""

    fingerprint = models.CharField(max_length=64, unique=True, help_text="Keyed hash of URL, user, password.")
    message = TranslatableField()
    refused_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.message
