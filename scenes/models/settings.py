"""Settings that a person made; those of the environment win over them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scenes.configuration.definition import DECLARED


class Setting(models.Model):
    """What one setting was set to, as text. None is there for what stands at its default.

    A row of its own for each, so that two people who change different ones never undo each other's change. The keys
    are the fields of `scenes.configuration.Configuration`.
    """

    key = models.CharField(_("key"), max_length=50, primary_key=True)
    value = models.TextField(_("value"))
    encrypted = models.BooleanField(
        _("encrypted"), default=False, help_text=_("The value is a secret (see scenes/configuration).")
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        ordering = ["key"]

    def __str__(self) -> str:
        return DECLARED[self.key].named if self.key in DECLARED else self.key
