"""Settings that a person made; those of the environment win over them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Setting(models.Model):
    """What one setting was set to, as text. None is there for what stands at its default.

    A row of its own for each, so that two people who change different ones never undo each other's change. The keys
    are the fields of `scenes.configuration.Configuration`.
    """

    key = models.CharField(max_length=50, primary_key=True)
    value = models.TextField()
    encrypted = models.BooleanField(default=False, help_text="The value is a secret (see scenes/configuration).")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
