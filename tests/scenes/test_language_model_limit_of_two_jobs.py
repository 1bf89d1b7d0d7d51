"""The limit of a month holds when two jobs are about to ask the language model at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from jobs import testing
from jobs.context import JobContext
from scenes.analysis.language_model import budget
from scenes.analysis.language_model.budget import LimitReached, Prices
from scenes.clients.llm.client import Texts
from scenes.models import LanguageModelQuestion
from scenes.models.language_model import QuestionQuerySet
from tests.scenes.analysis_factories import make_scene

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = Texts("A title", "", "")
COST = Prices(Decimal(1000), Decimal(1000), Decimal(0)).most(TEXTS)
FOR_ONE = Prices(Decimal(1000), Decimal(1000), COST * Decimal("1.5"))


def begins(job: JobContext) -> bool:
    """Whether its question is within the limit."""
    try:
        budget.begin(job, make_scene(1 + LanguageModelQuestion.objects.count()), "model", FOR_ONE, TEXTS)
    except LimitReached:
        return False
    finally:
        connection.close()
    return True


def test_of_two_that_look_at_the_same_moment_one_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = testing.context("analysis"), testing.context("analysis")
    cost, began = QuestionQuerySet.cost, []

    def cost_and_meanwhile(self: QuestionQuerySet) -> Decimal:
        monkeypatch.setattr(QuestionQuerySet, "cost", cost)
        found = cost(self)
        with ThreadPoolExecutor(1) as beside:
            began.append(beside.submit(begins, other).result())
        return found

    monkeypatch.setattr(QuestionQuerySet, "cost", cost_and_meanwhile)
    began.append(begins(one))
    assert began == [False, True]
    assert LanguageModelQuestion.objects.get().cost == COST
