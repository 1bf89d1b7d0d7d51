"""How services, disks and an examination's findings were when somebody looked last."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.texts.translatable import TranslatableField


class LastFound(models.Model):
    """Written when it changes, so that a process that has not looked yet knows it.

    Of a health check: a service or a disk, well or not, by its name. Of an examination: what was not well, in order.
    """

    class By(models.TextChoices):
        HEALTH_CHECK = "health_check", _("Health check")
        EXAMINATION = "examination", _("Examination")

    by = models.CharField(_("found by"), max_length=15, choices=By)
    name = models.CharField(_("name"), max_length=100)
    title = TranslatableField(_("title"), blank=True)
    about = models.CharField(_("about"), max_length=64, blank=True, help_text=_("A digest of its address."))
    word = models.CharField(_("word"), max_length=10, help_text=_("fine, low, bad; ok, warn, fail."))
    text = TranslatableField(_("text"), blank=True)
    found_at = models.DateTimeField(_("found at"), default=timezone.now)

    class Meta:
        verbose_name = _("last found")
        verbose_name_plural = _("last found")
        ordering = ["by", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["by", "name"], name="last_found_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def age(self) -> timedelta:
        return timezone.now() - self.found_at
