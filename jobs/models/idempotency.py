"""Answers to requests that a program may send twice, since it can't know whether the first one arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT_FOR = timedelta(hours=24)


class IdempotencyKey(models.Model):
    """A key that a user's program gave to a request, and what it was answered; made with what the request made."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, verbose_name=_("user")
    )
    key = models.CharField(_("key"), max_length=200)
    request = models.CharField(_("request"), max_length=64, help_text=_("Digest of its method, address and body."))
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    answer: models.JSONField[Any, Any] = models.JSONField(_("answer"), default=dict)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
