"""The slots of the taggers: who holds one may ask one question."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.models import Job


class TaggerSlot(models.Model):
    """One of as many questions as are asked at once, over all batches, processes and hosts.

    Held with a ``token`` until it is given back, or its holder is gone: its process, or its job's claim. The heartbeat
    renews the lease of that claim, whatever the job waits for meanwhile, so the slot needs none of its own.
    """

    number = models.PositiveSmallIntegerField(_("number"), primary_key=True)
    token = models.UUIDField(_("token"), null=True, blank=True)
    address = models.CharField(
        _("address"), max_length=64, blank=True, help_text=_("Keyed hash of the tagger's address.")
    )
    process = models.CharField(_("process"), max_length=500, blank=True, help_text=_("Of its holder."))
    claim = models.UUIDField(_("claim"), null=True, blank=True, help_text=_("Claim token of the job that holds it."))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job"))

    class Meta:
        verbose_name = _("tagger slot")
        verbose_name_plural = _("tagger slots")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Slot {self.number}"
