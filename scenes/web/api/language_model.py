"""/api/language-model: what it was asked this month, what that cost, and how much it may cost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router

from jobs.web.api.auth import acting
from jobs.web.schemas import Time, error_bodies
from scenes import configuration
from scenes.models import LanguageModelQuestion
from scenes.models.language_model import month_began
from scenes.permissions import VIEW_QUESTIONS
from scenes.web.api.plan_schemas import LanguageModelUse

router = Router(tags=["language model"])


class ThisMonth(LanguageModelUse):
    since: Time = Field(description="When the month began")
    model: str = Field(description="That is asked; empty where none is set")
    limit: float | None = Field(description="What the month may cost; null: without prices")
    reason: str = Field(description="Why nothing can be asked now; else empty")


@router.get(
    "",
    auth=acting(VIEW_QUESTIONS),
    response={200: ThisMonth, **error_bodies(401, 403)},
    summary="What the language model cost this month",
)
def this_month(request: HttpRequest) -> dict[str, Any]:
    """Of one scene it is told in its history."""
    from scenes.analysis.language_model.budget import why_not  # few use it

    config = configuration.current()
    has_prices = config.llm_prompt_price or config.llm_completion_price
    return {
        **vars(LanguageModelQuestion.objects.of_this_month().spent()),
        "since": month_began(),
        "model": config.llm_model,
        "limit": config.llm_monthly_limit if has_prices else None,
        "reason": why_not(config),
    }
