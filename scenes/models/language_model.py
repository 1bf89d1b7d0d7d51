"""What was asked of a language model, and what it cost: written before each question, corrected after its answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.texts.translatable import TranslatableField
from jobs.texts.words import counted
from scenes.configuration import Configuration
from scenes.models.library import Scene


class QuestionQuerySet(models.QuerySet["LanguageModelQuestion"]):
    def of_this_month(self) -> QuestionQuerySet:
        """Those of the calendar month, in the time zone of the settings."""
        return self.filter(asked_at__gte=month_began())

    def cost(self) -> Decimal:
        """What they cost together, in the currency of the prices in the settings."""
        return self.aggregate(cost=Sum("cost"))["cost"] or Decimal(0)

    def spent(self) -> Spent:
        """What they took together. One query."""
        sums = self.order_by().aggregate(
            questions=Count("pk"), prompt=Sum("prompt_tokens"), completion=Sum("completion_tokens"), cost=Sum("cost")
        )
        return Spent(sums["questions"], sums["prompt"] or 0, sums["completion"] or 0, sums["cost"] or Decimal(0))


@dataclass(frozen=True)
class Spent:
    """Tokens as the server counted them, which not every one does; ``cost`` by the prices in the settings."""

    questions: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal

    def __str__(self) -> str:
        """For people: "2 questions: 1,234 tokens sent and 40 received, cost 0.0123"; "" without any."""
        if not self.questions:
            return ""
        text = gettext("{questions}: {sent} tokens sent and {received} received, cost {cost}")
        return text.format(
            questions=counted(self.questions, "question"),
            sent=number_format(self.prompt_tokens, force_grouping=True),
            received=number_format(self.completion_tokens, force_grouping=True),
            cost=number_format(self.cost, 4, force_grouping=True),
        )


class LanguageModelQuestion(models.Model):
    """One question about a scene. Until ``answered_at``, ``cost`` is the most that it may come to."""

    scene = models.ForeignKey(
        Scene, models.SET_NULL, null=True, blank=True, related_name="language_model_questions", verbose_name=_("scene")
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job"))
    model = models.CharField(_("model"), max_length=255)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now, db_index=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(
        _("prompt tokens"), null=True, blank=True, help_text=_("As the server counts them.")
    )
    completion_tokens = models.PositiveIntegerField(
        _("completion tokens"), null=True, blank=True, help_text=_("As the server counts them.")
    )
    cost = models.DecimalField(
        _("cost"), max_digits=14, decimal_places=6, help_text=_("By the prices in the settings.")
    )
    problem = TranslatableField(_("problem"), blank=True, help_text=_("Why the answer was of no use."))

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name = _("question to the language model")
        verbose_name_plural = _("questions to the language model")

    def __str__(self) -> str:
        return gettext("{model} about scene {id}").format(model=self.model, id=self.scene_id)


def limit_code(config: Configuration) -> str:
    """Of detections that wait because the rest of a month's money is too little: another limit or price is another."""
    money = (config.llm_monthly_limit, config.llm_prompt_price, config.llm_completion_price)
    return "limit " + hashlib.sha256(repr(money).encode()).hexdigest()[:16]


def month_began() -> datetime:
    """The first moment of this month."""
    return timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
