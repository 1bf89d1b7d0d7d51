"""What people decided on a first start, of what was there before StashHog."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from jobs.models import Job, Status
from jobs.models.compiled import Compiled
from jobs.texts.translatable import Translatable, joined, translated
from scenes.models.downloads import Download

ENDED_WELL = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS)


class FirstRunQuestion(models.TextChoices):
    """What is asked: of what was there before the first run."""

    TORRENTS = "torrents", _("Torrents that were finished before")
    LIBRARY = "library", _("Scenes that Stash had before")


class FirstRunAnswer(models.TextChoices):
    """The first four are given by people; the others by a run that finds nothing to ask."""

    TAKE = "take", _("Take them: they are handled like new ones")
    HANDLED = "handled", _("They are handled: only what finishes from now on is taken")
    ANALYSED = "analysed", _("They are analysed already: only new scenes are")
    ANALYSE = "analyse", _("Analyse them in the background")
    NOTHING_THERE = "nothing_there", _("There were none")
    RAN_BEFORE = "ran_before", _("StashHog had run before it asked")


any_download = Compiled(lambda: Download.objects.order_by().values_list("pk")[:1])
any_that_processed = Compiled(
    lambda: Job.objects.filter(type="process_downloads", status__in=ENDED_WELL).order_by().values_list("pk")[:1]
)


class FirstRunDecisionManager(models.Manager["FirstRunDecision"]):
    def has_run_before(self) -> bool:
        """Whether StashHog handled torrents before anything was asked, as on an upgrade: then nothing is asked."""
        return bool(any_download() or any_that_processed())

    def of_library(self) -> FirstRunDecision | None:
        return self.filter(question=FirstRunQuestion.LIBRARY).first()

    def last_handled_scene(self) -> int | None:
        """The newest of the scenes that were there before and that were to be left alone; None: there are none."""
        found = self.filter(question=FirstRunQuestion.LIBRARY, answer=FirstRunAnswer.ANALYSED).first()
        return found.last_scene_id if found else None

    def backlog(self) -> tuple[int, int] | None:
        """The last scene id that was there before, and how many of those a run analyses; None: there is no limit."""
        found = self.of_library()
        if found is None or found.last_scene_id is None or not found.scenes:
            return None
        return found.last_scene_id, found.scenes


class FirstRunDecision(models.Model):
    """One question of a first start and its answer. The first answer counts: a row is never changed to another."""

    question = models.CharField(_("question"), max_length=10, choices=FirstRunQuestion, primary_key=True)
    answer = models.CharField(_("answer"), max_length=15, choices=FirstRunAnswer)
    scenes = models.PositiveIntegerField(
        _("scenes"),
        null=True,
        blank=True,
        help_text=_("Most scenes that were there before which one run analyses; none: all of them."),
    )
    last_scene_id = models.BigIntegerField(
        _("last scene id"),
        null=True,
        blank=True,
        help_text=_("The newest scene of Stash that was there; found out by the next run if empty."),
    )
    source = models.CharField(
        _("source"), max_length=15, help_text=_("page, command, api, environment, or a run by itself.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)
    recorded_at = models.DateTimeField(
        _("recorded at"),
        null=True,
        blank=True,
        help_text=_("When what follows from it was in our tables: the rows of handled torrents."),
    )

    objects = FirstRunDecisionManager()

    class Meta:
        verbose_name = _("first run decision")
        verbose_name_plural = _("first run decisions")
        ordering = ["question"]

    def __str__(self) -> str:
        return translated(self.text)

    @property
    def text(self) -> str:
        """For texts that go on to say more."""
        with override("en"):
            labels = self.get_question_display(), self.get_answer_display()
        return joined(": ", map(Translatable, labels))

    @property
    def wants_last_scene(self) -> bool:
        """Whether it has to be known which scenes were there before, and is not."""
        is_needed = self.answer == FirstRunAnswer.ANALYSED or bool(self.scenes)
        return is_needed and self.last_scene_id is None
