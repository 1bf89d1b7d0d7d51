"""The questions of a first run: one page that asks those that are open, and shows what was decided."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from jobs.errors import BadRequest, NotPossible
from jobs.permissions import require
from jobs.web.admin_tools import ReadOnlyAdmin
from scenes.first_run.deciding import decide, open_questions
from scenes.models import FirstRunDecision
from scenes.permissions import DECIDE_FIRST_RUN, VIEW_FIRST_RUN
from scenes.web.first_run_form import FirstRunForm

PAGE = "admin:scenes_firstrundecision_changelist"


@admin.register(FirstRunDecision)
class FirstRunDecisionAdmin(ReadOnlyAdmin):
    """In place of the list of its rows."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        posted = request.method == "POST"
        require(request.user, DECIDE_FIRST_RUN if posted else VIEW_FIRST_RUN)
        questions = open_questions()
        form = FirstRunForm(request.POST if posted else None, questions=questions)
        if posted and form.is_valid() and self.decides(request, form):
            return redirect(PAGE)
        from scenes.first_run import looking  # it takes the clients of services, and most never come here

        context = {
            **self.admin_site.each_context(request),
            "title": "First run",
            "opts": self.opts,
            "form": form,
            "decisions": FirstRunDecision.objects.select_related("decided_by"),
            "found": looking.look() if questions else {},
            "questions": questions,
            "may_decide": request.user.has_perm(DECIDE_FIRST_RUN),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/scenes/firstrundecision/change_list.html", context)

    def decides(self, request: HttpRequest, form: FirstRunForm) -> bool:
        """Whether what the form says was saved; else it says what is wrong."""
        from scenes.first_run import looking

        try:
            decide(form.decision(), "page", request.user)  # type: ignore[arg-type]
        except (BadRequest, NotPossible) as error:
            form.add_error(None, str(error))
            return False
        messages.success(request, "Decided. Start a run, or retry the one that failed.")
        for sentence in looking.record():
            messages.warning(request, sentence)
        return True
