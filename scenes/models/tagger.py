"""What the tagger saw: a row for each scene and category, with the model that saw it; and the models that it has.

And its slots: who holds one may ask it one question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from scenes.models.library import Scene


class TaggerModel(models.Model):
    """A model of a tagger, in one version. All is empty for what an old server saw with, which tells of no models.

    A category that several models give together has one row for them, their words joined by " + ".
    """

    name = models.CharField(_("name"), max_length=255, blank=True)
    identifier = models.CharField(
        _("identifier"), max_length=255, blank=True, help_text=_("The same in all versions of a model.")
    )
    version = models.CharField(_("version"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("tagger model")
        verbose_name_plural = _("tagger models")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["name", "identifier", "version"], name="tagger_model_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip() or "unknown model"


class TaggerModelSet(models.Model):
    """Which model saw which category in a scene: a row for each combination that there is, which are few.

    So "which scenes did an older model see?" is a question about some rows of this table.
    """

    digest = models.CharField(_("digest"), max_length=64, unique=True, help_text=_("Of the models."))
    models = models.JSONField(_("models"), help_text=_("Category → primary key of the TaggerModel."))

    class Meta:
        verbose_name = _("tagger model set")
        verbose_name_plural = _("tagger model sets")

    def __str__(self) -> str:
        return ", ".join(sorted(self.models)) or "nothing"

    @classmethod
    def of(cls, by_category: Mapping[str, int]) -> TaggerModelSet:
        """The row of this combination; made when it isn't there yet."""
        text = json.dumps(by_category, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return cls.objects.get_or_create(digest=digest, defaults={"models": dict(sorted(by_category.items()))})[0]


class TaggerResult(models.Model):
    """What the tagger saw of one category in a scene's film. Nothing seen is a row without spans.

    Written in the transaction of the detection, so that a scene which counts as seen has its rows.
    """

    # The constraint's index begins with it.
    scene = models.ForeignKey(
        Scene, models.CASCADE, related_name="tagger_results", db_index=False, verbose_name=_("scene")
    )
    category = models.CharField(_("category"), max_length=255, help_text=_("The tagger's word, such as actions."))
    # The index on category and model below does for it: a model is never deleted.
    model = models.ForeignKey(
        TaggerModel, models.PROTECT, related_name="results", db_index=False, verbose_name=_("model")
    )
    frame_interval = models.FloatField(
        _("frame interval"), help_text=_("Seconds between the frames that it looked at.")
    )
    threshold = models.FloatField(_("threshold"), help_text=_("Least confidence that was asked for, 0…1."))
    duration = models.FloatField(
        _("duration"), null=True, blank=True, help_text=_("Seconds of the film, as the tagger says.")
    )
    spans = models.BinaryField(
        _("spans"), help_text=_("Of scenes.analysis.spans.packed: tags with their times and confidence.")
    )
    seen_at = models.DateTimeField(_("seen at"), default=timezone.now)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("That asked."), verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("tagger result")
        verbose_name_plural = _("tagger results")
        ordering = ["scene", "category"]
        indexes = [models.Index(fields=["category", "model", "scene"], name="tagger_result_of_model")]
        constraints = [models.UniqueConstraint(fields=["scene", "category"], name="tagger_result_once")]

    def __str__(self) -> str:
        return gettext("{what} of scene {id}").format(what=self.category, id=self.scene_id)


class TaggerCategory(models.Model):
    """Which model gives a category at a tagger's address, as that last said. Old servers have no rows."""

    address = models.CharField(_("address"), max_length=64, help_text=_("Keyed hash of the tagger's address."))
    category = models.CharField(_("category"), max_length=255)
    model = models.ForeignKey(TaggerModel, models.PROTECT, related_name="+", verbose_name=_("model"))
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)

    class Meta:
        verbose_name = _("tagger category")
        verbose_name_plural = _("tagger categories")
        ordering = ["category", "id"]
        constraints = [models.UniqueConstraint(fields=["address", "category"], name="tagger_category_once")]

    def __str__(self) -> str:
        return self.category


class TaggerSlot(models.Model):
    """One of as many questions as are asked at once, over all batches, processes and hosts.

    Held with a ``token`` until it is released, or its holder is gone: its process, or its job's claim. The heartbeat
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
