"""What people do with a change: they look at why it is proposed, decide, edit it, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.models import Job

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_TAG = 200  # characters of a tag's name by which changes are found


class Via(models.TextChoices):
    """Which way a decision came in. AUTO: nobody was asked, since the settings say so."""

    AUTO = "auto", _("By itself")
    PAGE = "page", _("Review page")
    ADMIN = "admin", _("Admin")
    API = "api", _("API")
    COMMAND = "command", _("Command")


def _user(name: StrOrPromise) -> models.ForeignKey[object, object]:
    """Somebody who did something. No index: it is read only when a user is deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=name,
    )


class Reviewed(models.Model):
    """The columns of a change that its review needs. ``evidence`` is `scenes.plans.evidence.Evidence` as JSON."""

    tag = models.CharField(
        _("tag"),
        max_length=LONGEST_TAG,
        blank=True,
        help_text=_("Name of the tag it is about, as Stash compares names."),
    )
    stash_tag = models.BigIntegerField(
        _("Stash tag"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Stash's id of that tag, once it was written."),
    )
    evidence = models.JSONField(_("evidence"), null=True, blank=True, help_text=_("Why it was proposed; written once."))
    proposed_value = models.JSONField(
        _("proposed value"), null=True, blank=True, help_text=_("What was proposed, if somebody edited it.")
    )
    proposed_key = models.CharField(
        _("proposed key"), max_length=64, blank=True, help_text=_("Digest of what was proposed, if edited.")
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    edited_by = _user(_("edited by"))
    decided_at = models.DateTimeField(
        _("decided at"), null=True, blank=True, help_text=_("When it was approved or rejected last.")
    )
    decided_by = _user(_("decided by"))
    decided_via = models.CharField(_("decided via"), max_length=10, choices=Via, blank=True)
    applied_in = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The job that wrote it to Stash."),
        verbose_name=_("applied in"),
    )
    revert_requested_at = models.DateTimeField(
        _("revert requested at"), null=True, blank=True, help_text=_("When somebody wanted it taken back.")
    )
    revert_intended_at = models.DateTimeField(
        _("revert intended at"), null=True, blank=True, help_text=_("Set before it is taken back in Stash.")
    )
    reverted_at = models.DateTimeField(_("reverted at"), null=True, blank=True)
    reverted_by = _user(_("reverted by"))

    class Meta:
        abstract = True
