"""The two questions of a first run, and their answers: the first one given counts, whoever gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse

from jobs.errors import BadRequest, NotPossible
from jobs.models import Job, Status
from jobs.texts.translatable import Translatable as _
from scenes import configuration
from scenes.configuration import Configuration
from scenes.models import FirstRunDecision, Scene
from scenes.models.first_run import FirstRunAnswer, FirstRunQuestion

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ANSWERS: dict[FirstRunQuestion, tuple[FirstRunAnswer, ...]] = {
    FirstRunQuestion.TORRENTS: (FirstRunAnswer.TAKE, FirstRunAnswer.HANDLED),
    FirstRunQuestion.LIBRARY: (FirstRunAnswer.ANALYSED, FirstRunAnswer.ANALYSE),
}
# What the setting `first_run` answers.
BY_VARIABLE = {
    ("take", FirstRunQuestion.TORRENTS): FirstRunAnswer.TAKE,
    ("take", FirstRunQuestion.LIBRARY): FirstRunAnswer.ANALYSE,
    ("handled", FirstRunQuestion.TORRENTS): FirstRunAnswer.HANDLED,
    ("handled", FirstRunQuestion.LIBRARY): FirstRunAnswer.ANALYSED,
}
SCENES = 500  # that one run analyses of those that were there before, unless somebody says otherwise
MOST_SCENES = 1_000_000
UNDECIDED = "first_run_undecided"
LOOKED_AT = 100  # jobs that failed


@dataclass(frozen=True)
class FirstRunAnswers:
    """What somebody answers; "" to what is left open. ``scenes``: see `FirstRunDecision`; None: SCENES."""

    torrents: str = ""
    library: str = ""
    scenes: int | None = None

    def answers(self) -> dict[FirstRunQuestion, dict[str, Any]]:
        """The columns by question. Raises BadRequest."""
        given = {FirstRunQuestion.TORRENTS: self.torrents, FirstRunQuestion.LIBRARY: self.library}
        for question, answer in given.items():
            if answer and answer not in ANSWERS[question]:
                answers = " | ".join(ANSWERS[question])
                text = _(
                    "{question}: give {answers}, not {answer!r}.",
                    question=question.value,
                    answers=answers,
                    answer=answer[:50],
                )
                raise BadRequest(text)
        if self.scenes is not None and self.library != FirstRunAnswer.ANALYSE:
            raise BadRequest(_("scenes: give a number only together with library: analyse."))
        if self.scenes is not None and not 1 <= self.scenes <= MOST_SCENES:
            raise BadRequest(_("scenes: give a number from 1 to {most:,}.", most=MOST_SCENES))
        if not any(given.values()):
            raise BadRequest(_("Give an answer: torrents (take or handled), library (analysed or analyse), or both."))
        scenes = {FirstRunAnswer.ANALYSE: self.scenes or SCENES}
        return {
            question: {"answer": answer, "scenes": scenes.get(answer)}  # type: ignore[call-overload]
            for question, answer in given.items()
            if answer
        }


def decide(decision: FirstRunAnswers, source: str, user: User | None = None) -> None:
    """Raises BadRequest, or NotPossible when it is decided otherwise already; all or nothing is saved.

    What follows from it is recorded by `looking.record`, or by the next run.
    """
    answers = decision.answers()
    record_earlier_runs()
    with transaction.atomic():
        for question, columns in answers.items():
            row, is_new = FirstRunDecision.objects.get_or_create(
                question=question, defaults={**columns, "source": source, "decided_by": user}
            )
            if not is_new and (row.answer, row.scenes) != (columns["answer"], columns["scenes"]):
                time = _.at(row.decided_at)
                raise NotPossible(_("It is decided already, since {time}. {decision}.", time=time, decision=row.text))


def record_earlier_runs() -> bool:
    """Decide both questions where StashHog ran before it asked; whether it is so."""
    if FirstRunDecision.objects.exists() or not FirstRunDecision.objects.has_run_before():
        return False
    for question in FirstRunQuestion:
        FirstRunDecision.objects.get_or_create(
            question=question, defaults={"answer": FirstRunAnswer.RAN_BEFORE, "source": "run"}
        )
    return True


def decision_on(question: FirstRunQuestion, config: Configuration, *, any_there: bool) -> FirstRunDecision | None:
    """The decision, if need be made now: by earlier runs, by the variable, or since there is nothing to decide on."""
    if found := FirstRunDecision.objects.filter(question=question).first():
        return found
    if record_earlier_runs():
        return FirstRunDecision.objects.get(question=question)
    if config.first_run:
        answer, source = BY_VARIABLE[config.first_run, question], "environment"
    elif not any_there:
        answer, source = FirstRunAnswer.NOTHING_THERE, "run"
    else:
        return None
    scenes = config.first_run_scenes or None if answer == FirstRunAnswer.ANALYSE else None
    columns = {"answer": answer, "source": source, "scenes": scenes}
    return FirstRunDecision.objects.get_or_create(question=question, defaults=columns)[0]


def open_questions() -> list[FirstRunQuestion]:
    """Those that a person may answer, whether or not there is anything to decide on."""
    decided = set(FirstRunDecision.objects.values_list("question", flat=True))
    if len(decided) == len(FirstRunQuestion) or configuration.current().first_run:
        return []
    if not decided and FirstRunDecision.objects.has_run_before():
        return []
    return [question for question in FirstRunQuestion if question not in decided]


def newest_errors() -> set[str]:
    """The codes of the jobs that failed last."""
    failed = Job.objects.filter(status=Status.FAILED).order_by("-created_at", "-id")
    return set(failed.values_list("error_code", flat=True)[:LOOKED_AT])


def page_to_ask() -> str:
    """The address of the page that asks, if the home page has to lead there: something old is known to be there."""
    if not open_questions():
        return ""
    is_needed = Scene.objects.exists() or UNDECIDED in newest_errors()
    return reverse("guide_step", args=["existing"]) if is_needed else ""
