"""Finished torrents and their files on the way into the library: every one ends as a row with an outcome."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jobs.models import Job
from jobs.texts.translatable import Translatable, TranslatableField, joined, translated
from scenes.models.attempts import BAD, Attempts, AttemptsQuerySet, Outcome

BEFORE_FIRST_RUN = "before_first_run"  # code of torrents that a person said are handled
SKEW = timedelta(minutes=5)  # of the clocks of several hosts
BAN = timedelta(hours=1)  # by qBittorrent, by default; a login meanwhile may begin it again
NOT_BEFORE = gettext_noop(
    "No login is tried before {time}, unless somebody tests the connection or has it tried again."
)


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

    hash = models.CharField(_("hash"), max_length=64, unique=True, help_text=_("qBittorrent's info hash."))
    name = models.TextField(_("name"))
    category = models.CharField(_("category"), max_length=200, blank=True)
    save_path = models.TextField(_("save path"), help_text=_("As qBittorrent sees it."))
    size = models.BigIntegerField(
        _("size"), default=0, help_text=_("Of what is selected or there, as qBittorrent counts.")
    )
    folder = models.TextField(
        _("folder"), blank=True, help_text=_("In the library, for the files of one without a folder of its own.")
    )
    destination = models.TextField(
        _("destination"), blank=True, help_text=_("The folder of its destination, kept once it is begun.")
    )
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    files_checked_at = models.DateTimeField(
        _("files checked at"),
        null=True,
        blank=True,
        help_text=_("When qBittorrent was last asked which files are selected."),
    )
    tagged_at = models.DateTimeField(
        _("tagged at"), null=True, blank=True, help_text=_("When it got our tag in qBittorrent.")
    )
    removed_at = models.DateTimeField(
        _("removed at"), null=True, blank=True, help_text=_("When we removed it from qBittorrent.")
    )
    recheck_at = models.DateTimeField(
        _("recheck at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When it is looked at again by itself, while it waits."),
    )
    rechecks = models.PositiveSmallIntegerField(
        _("rechecks"), default=0, editable=False, help_text=_("How often it was.")
    )
    cleanup_message = TranslatableField(
        _("cleanup message"), blank=True, help_text=_("Why the clean-up left it in qBittorrent.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = DownloadQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
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

    download = models.ForeignKey(Download, models.CASCADE, related_name="files", verbose_name=_("download"))
    video = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sidecars",
        help_text=_(
            "Whose subtitle, script or other sidecar this is; a sidecar goes beside its video and has no scene."
        ),
        verbose_name=_("video"),
    )
    name = models.TextField(_("name"), help_text=_("As in the torrent's file list."))
    size = models.BigIntegerField(_("size"))
    source = models.TextField(_("source"), help_text=_("As StashHog sees it."))
    target = models.TextField(_("target"), blank=True, help_text=_("As StashHog sees it; chosen once and kept."))
    same_as = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The file of another torrent that put the same one into the library."),
        verbose_name=_("same as"),
    )
    waiting_since = models.DateTimeField(
        _("waiting since"), null=True, blank=True, help_text=_("When it was first looked for in vain.")
    )
    wanted_again = models.BooleanField(
        _("wanted again"), default=False, help_text=_("A person wants it though it was deleted in Stash.")
    )
    placed_at = models.DateTimeField(_("placed at"), null=True, blank=True)
    placed_by = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="placed_files", verbose_name=_("placed by")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = PlacedFileQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
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


class RefusedLoginQuerySet(models.QuerySet["RefusedLogin"]):
    def in_force(self) -> Self:
        """Without bans that have ended, or that our clock gave an end too far away."""
        now = timezone.now()
        lasting = models.Q(banned_until__gt=now, banned_until__lte=now + BAN + SKEW)
        return self.filter(models.Q(banned_until=None) | lasting)


class RefusedLogin(models.Model):
    """A login that qBittorrent refused: not tried until URL, user or password change; or answered with a ban of us."""

    fingerprint = models.CharField(
        _("fingerprint"), max_length=64, unique=True, help_text=_("Keyed hash of URL, user, password.")
    )
    message = TranslatableField(_("message"))
    refused_at = models.DateTimeField(_("refused at"), default=timezone.now)
    banned_until = models.DateTimeField(
        _("banned until"), null=True, blank=True, help_text=_("Of a ban: no login is tried before.")
    )

    objects = RefusedLoginQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused login")
        verbose_name_plural = _("refused logins")

    def __str__(self) -> str:
        return translated(self.reason)

    @property
    def reason(self) -> str:
        """Why no login is tried, and of a ban until when."""
        if self.banned_until is None:
            return self.message
        return joined(" ", [self.message, Translatable(NOT_BEFORE, time=Translatable.at(self.banned_until))])
