"""What was asked of the language model, and what this month came to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.texts.words import counted
from jobs.web.admin.acting import ReadOnlyAdmin
from jobs.web.admin.big_lists import is_set
from jobs.web.admin.columns import job_link
from scenes import configuration
from scenes.models import LanguageModelQuestion


def money(amount: Decimal | float) -> str:
    return number_format(amount, 2, force_grouping=True)


@admin.register(LanguageModelQuestion)
class LanguageModelQuestionAdmin(ReadOnlyAdmin):
    list_display = ["scene", "model", "asked_at", "prompt_tokens", "completion_tokens", "cost", "problem", "asked_by"]
    list_filter = [
        "asked_at",
        "model",
        ("problem", is_set(_("answer"), _("Of no use"), _("Useful"))),
    ]
    list_select_related = ["scene", "job"]
    search_fields = ["=scene__id", "scene__title", "problem"]
    date_hierarchy = "asked_at"

    @admin.display(description=_("job"))
    def asked_by(self, question: LanguageModelQuestion) -> SafeString | str:
        return job_link(question.job)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Says what this month came to."""
        asked, limit = LanguageModelQuestion.objects.of_this_month(), configuration.current().llm_monthly_limit
        title = gettext("{questions} this month: {cost} of {limit}").format(
            questions=counted(asked.count(), "question"), cost=money(asked.cost()), limit=money(limit)
        )
        return super().changelist_view(request, {"title": title, **(extra_context or {})})
