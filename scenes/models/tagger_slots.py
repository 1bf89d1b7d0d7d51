"""The slots of the taggers: who holds one may ask one question."""

from __future__ import annotations

from django.db import models

from jobs.models import Job


class TaggerSlot(models.Model):
    """One of as many questions as are asked at once, over all batches, processes and hosts.

    Held with a ``token`` until it is given back, or its holder is gone: its process, or its job's claim. The heartbeat
    renews the lease of that claim, whatever the job waits for meanwhile, so the slot needs none of its own.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    token = models.UUIDField(null=True, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the tagger's address.")
    process = models.CharField(max_length=500, blank=True, help_text="Of its holder.")
    claim = models.UUIDField(null=True, blank=True, help_text="Claim token of the job that holds it.")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Slot {self.number}"
