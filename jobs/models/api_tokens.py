"""The rows of API tokens; `jobs.web.tokens` makes and finds them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

USE_INTERVAL = timedelta(minutes=1)  # between two writes of `last_used_at`


class Scope(models.TextChoices):
    """How far permissions, roles and tokens go, from the least on; each has all of those before it."""

    READ = "read", _("Read: look at everything, change nothing")
    RUN = "run", _("Run: also start, cancel, retry and release")
    ADMIN = "admin", _("Admin: everything")

    def covers(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


class Purpose(models.TextChoices):
    """What a token is for. One for a single purpose opens nothing else, whatever its scope and its user."""

    ALL = "all", _("The API, within its scope")
    TRIGGER = "trigger", _("Only to say that something happened, by which a job is started")
    METRICS = "metrics", _("Only to read the metrics")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> ApiTokenQuerySet:
        """Those that let somebody in now: not expired, and of an active user."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, user__is_active=True)


class ApiToken(models.Model):
    """Authenticates a program; only a digest is kept, the token itself is shown once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    label = models.CharField(_("label"), max_length=100, blank=True, help_text=_("What the token is for."))
    scope = models.CharField(
        _("scope"), max_length=10, choices=Scope, default=Scope.RUN, help_text=_("It can never do more than its user.")
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, default=Purpose.ALL)
    prefix = models.CharField(
        _("prefix"), max_length=20, unique=True, editable=False, help_text=_("How the token begins.")
    )
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: never."))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.label or gettext("Token of {user}").format(user=self.user)

    def used(self, at: datetime) -> None:
        """Remember the use; only once a minute, since reading must not cost a write each time."""
        if self.last_used_at is None or at - self.last_used_at >= USE_INTERVAL:
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=at)
