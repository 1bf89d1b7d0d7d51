"""The memory of failure attribution: what is known of places, and of the kinds of output that Stash makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.texts.keys import words
from jobs.texts.translatable import TranslatableField
from scenes.models.library import Scene


class PlaceQuerySet(models.QuerySet["Place"]):
    def trusted(self) -> PlaceQuerySet:
        """Those in which something succeeded since they last looked away."""
        return self.filter(Q(looked_away_at=None) | Q(last_success_at__gt=F("looked_away_at"))).exclude(
            last_success_at=None
        )

    def record_success(self, at: datetime) -> None:
        """Never set back by an attempt that knows less."""
        self.filter(Q(last_success_at=None) | Q(last_success_at__lt=at)).update(last_success_at=at)

    def record_looking_away(self, at: datetime, reason: str) -> None:
        self.filter(Q(looked_away_at=None) | Q(looked_away_at__lt=at)).update(looked_away_at=at, reason=reason)

    def forget(self) -> int:
        """A person's word that these are right as they are now; with them goes all that tells of the same mounts."""
        points = self.exclude(mount_point="").values_list("mount_point", flat=True)
        mounted = Place.objects.filter(mount_point__in=list(points))
        mounted.update(mount_point="", mount_source="", mount_type="")
        return self.delete()[0]


class Place(models.Model):
    """A folder in which items are handled, under the path mapping by which a service finds it.

    With another mapping it is another place, of which nothing is known.
    """

    class Use(models.TextChoices):
        """What it is used for."""

        DOWNLOADS = "downloads", _("Downloads")
        LIBRARY = "library", _("Placing of files")
        SCAN = "scan", _("Scan by Stash")
        GENERATION = "generation", _("Generation by Stash")
        TAGGER = "tagger", _("Analysis by the tagger")

    use = models.CharField(_("use"), max_length=15, choices=Use)
    root = models.TextField(_("root"), blank=True, help_text=_("Empty: all that is in no known folder."))
    mapping = models.TextField(
        _("mapping"), blank=True, help_text=_("Its entry of the path mapping; empty without one.")
    )
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True)
    looked_away_at = models.DateTimeField(
        _("looked away at"),
        null=True,
        blank=True,
        help_text=_("When it last could not be seen, read or written, as far as anything showed."),
    )
    reason = TranslatableField(_("reason"), blank=True, help_text=_("What showed that."))
    is_seen_here = models.BooleanField(
        _("is seen here"), default=False, help_text=_("StashHog saw the folder itself when it last succeeded.")
    )
    mount_point = models.TextField(
        _("mount point"), blank=True, help_text=_("The mount that it was seen on, if not that of the system.")
    )
    mount_source = models.TextField(_("mount source"), blank=True)
    mount_type = models.CharField(_("mount type"), max_length=100, blank=True)
    marked_at = models.DateTimeField(
        _("marked at"), null=True, blank=True, help_text=_("When our marker file was made or seen in it.")
    )

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["use", "root"]
        constraints = [models.UniqueConstraint(fields=["use", "root", "mapping"], name="place_once")]

    def __str__(self) -> str:
        return f"{self.get_use_display()}: {self.root or '–'}"

    @property
    def is_trusted(self) -> bool:
        """As `PlaceQuerySet.trusted`."""
        succeeded, looked_away = self.last_success_at, self.looked_away_at
        return succeeded is not None and (looked_away is None or succeeded > looked_away)


class OutputKindQuerySet(models.QuerySet["OutputKind"]):
    def broken(self) -> OutputKindQuerySet:
        return self.exclude(broken_at=None)

    def ask_again(self) -> int:
        """A person's word: the next generation asks for the broken ones, first with one scene. How many there are."""
        return self.broken().update(asked_at=None)


class OutputKind(models.Model):
    """A kind of output that Stash generates. While it is broken no run asks for it, but for one scene now and then."""

    name = models.CharField(_("name"), max_length=30, primary_key=True, help_text=_("What Stash generates."))
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True)
    broken_at = models.DateTimeField(
        _("broken at"), null=True, blank=True, help_text=_("Since when it fails for all scenes.")
    )
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True, help_text=_("When it last failed."))
    stash_version = models.CharField(
        _("Stash version"), max_length=100, blank=True, help_text=_("That it last failed with.")
    )
    reason = TranslatableField(_("reason"), blank=True)
    job = models.ForeignKey(
        "jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False, verbose_name=_("job")
    )
    lacking = models.ManyToManyField(
        Scene,
        blank=True,
        related_name="+",
        db_constraint=False,
        help_text=_("Scenes that are complete but for it."),
        verbose_name=_("lacking"),
    )

    objects = OutputKindQuerySet.as_manager()

    class Meta:
        verbose_name = _("output kind")
        verbose_name_plural = _("output kinds")
        ordering = ["name"]

    def __str__(self) -> str:
        return words(self.name)

    @classmethod
    def remember_lacks(cls, lacks: Mapping[int, Iterable[str]]) -> None:
        """The scenes (ids) are complete, but for these."""
        through = cls.lacking.through
        rows = [through(outputkind_id=name, scene_id=pk) for pk, names in lacks.items() for name in names]
        through.objects.bulk_create(rows, ignore_conflicts=True)

    @classmethod
    def works(cls, name: str, made_for: Iterable[int]) -> int:
        """It was made for these scenes (ids): all others that lack it are due again. Returns how many."""
        cls.objects.update_or_create(
            name=name, defaults={"last_success_at": timezone.now(), "broken_at": None, "asked_at": None, "reason": ""}
        )
        lacking = cls.lacking.through.objects.filter(outputkind=name)
        lacking.filter(scene__in=list(made_for)).delete()
        due = Scene.objects.filter(pk__in=lacking.values("scene")).update(generated_at=None)
        lacking.delete()
        return due
