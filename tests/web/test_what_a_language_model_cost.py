"""What a language model cost is shown: of each scene in the admin, on its page and in the API; of the month at home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scenes.models import LanguageModelQuestion
from scenes.web import health
from tests.scenes.analysis_factories import make_scene
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db
LLM = {"llm_url": "http://127.0.0.1:9/v1", "llm_model": "small", "llm_prompt_price": 2, "llm_monthly_limit": 5}


@pytest.fixture
def browser(client: Client) -> Client:
    """Of an admin; the scene 1 cost two questions, one of them without an answer."""
    make_scene(1, title="A film")
    make_scene(2, title="Another")
    tokens = {"prompt_tokens": 1200, "completion_tokens": 40}
    LanguageModelQuestion.objects.create(scene_id=1, model="small", cost="0.0123", **tokens)
    LanguageModelQuestion.objects.create(scene_id=1, model="small", cost="0.5", problem="it timed out")
    LanguageModelQuestion.objects.create(scene_id=2, model="small", cost="700", asked_at="2026-01-31T12:00:00Z")
    client.force_login(make_user("admin"))
    return client


SENTENCE = "2 questions: 1,200 tokens sent and 40 received, cost 0.5123"


def test_on_the_scenes_page_and_in_the_admin(browser: Client) -> None:
    from scenes.models import Detection

    Detection.objects.create(scene_id=1, detector="detect_names_by_llm")
    assert SENTENCE in browser.get("/admin/scenes/scene/1/change/").text
    assert SENTENCE in browser.get("/scenes/1/").text


def test_in_the_api(browser: Client) -> None:
    make_scene(3)
    use = browser.get("/api/scenes/1/history").json()["language_model"]
    assert use == {"questions": 2, "prompt_tokens": 1200, "completion_tokens": 40, "cost": 0.5123}
    assert browser.get("/api/scenes/3/history").json()["language_model"]["questions"] == 0


def test_of_the_month_in_the_api(browser: Client, configure: Callable[..., Any]) -> None:
    of_month = {"questions": 2, "prompt_tokens": 1200, "completion_tokens": 40, "cost": 0.5123}
    unset = browser.get("/api/language-model").json()
    began = timezone.localtime().strftime("%Y-%m-01T00:00:00")
    assert unset.pop("since").startswith(began)
    assert unset == {**of_month, "model": "", "limit": None, "reason": "No language model set"}
    configure(**LLM)
    usage = browser.get("/api/language-model").json()
    assert (usage["model"], usage["limit"], usage["reason"], usage["cost"]) == ("small", 5, "", 0.5123)
    configure(**LLM | {"llm_monthly_limit": 0.5})
    assert browser.get("/api/language-model").json()["reason"].endswith("limit of this month is reached")
    configure(**LLM | {"llm_prompt_price": 0})
    assert browser.get("/api/language-model").json()["limit"] is None


def state(configure: Callable[..., Any], **settings: Any) -> tuple[str, str] | None:
    configure(**settings)
    found = [one for one in health.HealthMonitor().last_known() if one.name == "Language model"]
    return (found[0].word, found[0].text) if found else None


def test_of_the_month_among_the_services(browser: Client, configure: Callable[..., Any]) -> None:
    assert state(configure) is None
    assert state(configure, **LLM) == ("fine", "Language model: 0.51 of 5.00 spent, 2 questions this month.")
    word, text = state(configure, **LLM | {"llm_monthly_limit": 0.5}) or ("", "")
    assert word == "low" and "limit is reached: it is not asked until next month" in text
    free = state(configure, **LLM | {"llm_prompt_price": 0})
    assert free == ("fine", "Language model: 2 questions this month, without prices.")
