"""Finished torrents and their files on the way into the library: every one ends as a row with an outcome."""

from __future__ import annotations

from pathlib import Path

from django.db import models
from django.utils import timezone

from jobs.models import Job


class Outcome(models.TextChoices):
    """How handling an item ended. Only FAILED counts as an error."""

    NEW = "new", "New"
    DONE = "done", "Done"
    WAITING = "waiting", "Waiting"
    NOT_WANTED = "not_wanted", "Not wanted"
    FAILED = "failed", "Failed"
    QUARANTINED = "quarantined", "Quarantined"


class Item(models.Model):
    """Something handled on its own: its outcome, a code, and a sentence a person can act on."""

    outcome = models.CharField(max_length=15, choices=Outcome, default=Outcome.NEW, db_index=True)
    code = models.CharField(max_length=30, blank=True, help_text="linked, already_there, other_filesystem, …")
    message = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="That failed; after the last: quarantine.")
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", help_text="That handled it last."
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Download(Item):
    """A finished torrent that StashHog handles."""

    hash = models.CharField(max_length=64, unique=True, help_text="qBittorrent's info hash.")
    name = models.TextField()
    category = models.CharField(max_length=200, blank=True)
    save_path = models.TextField(help_text="As qBittorrent sees it.")
    size = models.BigIntegerField(default=0, help_text="Bytes that are selected or there, as qBittorrent counts.")
    folder = models.TextField(blank=True, help_text="In the library, for the files of one without a folder of its own.")
    completed_at = models.DateTimeField(null=True, blank=True)
    files_checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When qBittorrent was last asked which files are selected."
    )
    tagged_at = models.DateTimeField(null=True, blank=True, help_text="When it got our tag in qBittorrent.")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When we removed it from qBittorrent.")
    cleanup_message = models.TextField(blank=True, help_text="Why the clean-up left it in qBittorrent.")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class PlacedFileQuerySet(models.QuerySet["PlacedFile"]):
    def locked(self) -> PlacedFileQuerySet:
        """Read to be written in the same transaction: nobody releases them meanwhile. Their downloads stay free."""
        return self.select_for_update(of=("self",), no_key=True)

    def at(self, path: Path) -> PlacedFileQuerySet:
        """With this target. That it is not empty is said too: without it the partial index is of no use."""
        return self.filter(target=str(path)).exclude(target="")

    def awaiting_scan(self) -> PlacedFileQuerySet:
        """Videos that are safe in the library, not yet seen in Stash, and not given up."""
        unseen = (Outcome.NEW, Outcome.WAITING, Outcome.FAILED)
        return self.filter(outcome=Outcome.DONE, video=None, scan_outcome__in=unseen)


class PlacedFile(Item):
    """A file of a download and its place in the library; `target` is saved before anything is placed."""

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
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When its job failed with it last.")
    placed_at = models.DateTimeField(null=True, blank=True)
    placed_by = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="placed_files")

    scan_outcome = models.CharField(max_length=15, choices=Outcome, default=Outcome.NEW, db_index=True)
    scan_message = models.TextField(blank=True)
    scan_tries = models.PositiveSmallIntegerField(default=0)
    scan_failed_at = models.DateTimeField(null=True, blank=True, help_text="When its job failed with it last.")
    scan_job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="scanned_files")
    scene_id = models.BigIntegerField(null=True, blank=True, help_text="Stash's id of its scene, once found.")

    objects = PlacedFileQuerySet.as_manager()

    class Meta:
        ordering = ["download", "id"]
        constraints = [
            models.UniqueConstraint(fields=["download", "name"], name="file_once_a_download"),
            models.UniqueConstraint(fields=["target"], condition=~models.Q(target=""), name="target_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def save_folder(self) -> Path:
        """The torrent's save path as StashHog sees it, if the name is a safe one."""
        return Path(self.source).parents[self.name.count("/")]


class RefusedLogin(models.Model):
    """A login that qBittorrent refused: not tried again until URL, user or password change."""

    fingerprint = models.CharField(max_length=64, unique=True, help_text="Keyed hash of URL, user, password.")
    message = models.TextField()
    refused_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.message
