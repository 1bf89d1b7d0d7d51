"""What people do with a change: they look at why it is proposed, decide, edit it, and take it back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from jobs.models import Job

LONGEST_TAG = 200  # characters of a tag's name by which changes are found


class Via(models.TextChoices):
    """Which way a decision came in. AUTO: nobody was asked, since the settings say so."""

    AUTO = "auto", "By itself"
    PAGE = "page", "Review page"
    ADMIN = "admin", "Admin"
    API = "api", "API"
    COMMAND = "command", "Command"


def _user() -> models.ForeignKey[object, object]:
    """Somebody who did something. No index: it is read only when a user is deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )


class Reviewed(models.Model):
    """The columns of a change that its review needs. ``evidence`` is `scenes.plans.evidence.Evidence` as JSON."""

    tag = models.CharField(
        max_length=LONGEST_TAG, blank=True, help_text="Name of the tag it is about, as Stash compares names."
    )
    stash_tag = models.BigIntegerField(
        null=True, blank=True, db_index=True, help_text="Stash's id of that tag, once it was written."
    )
    evidence = models.JSONField(null=True, blank=True, help_text="Why it was proposed; written once.")
    proposed_value = models.JSONField(null=True, blank=True, help_text="What was proposed, if somebody edited it.")
    proposed_key = models.CharField(max_length=64, blank=True, help_text="Digest of what was proposed, if edited.")
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = _user()
    decided_at = models.DateTimeField(null=True, blank=True, help_text="When it was approved or rejected last.")
    decided_by = _user()
    decided_via = models.CharField(max_length=10, choices=Via, blank=True)
    applied_in = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The job that wrote it to Stash."
    )
    revert_requested_at = models.DateTimeField(null=True, blank=True, help_text="When somebody wanted it taken back.")
    revert_intended_at = models.DateTimeField(null=True, blank=True, help_text="Set before it is taken back in Stash.")
    reverted_at = models.DateTimeField(null=True, blank=True)
    reverted_by = _user()

    class Meta:
        abstract = True
