"""Buttons that ask first. The script that asks beside the button says in the form that somebody said yes; without
scripts a page asks.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobs.web.returning import CAME_FROM, page_before

CONFIRMED = "confirmed"
OF_THE_PAGE = ("csrfmiddlewaretoken", CAME_FROM)


def ask_first(request: HttpRequest, question: str) -> HttpResponse | None:
    """The page that asks, which sends all of this once more; None where somebody has said yes."""
    if CONFIRMED in request.POST:
        return None
    sent = request.POST.lists()
    given = [(name, value) for name, values in sent if name not in OF_THE_PAGE for value in values]
    back = page_before(request)
    context = {"question": question, "given": [*given, (CONFIRMED, "yes"), (CAME_FROM, back)], "back": back}
    return render(request, "jobs/confirm.html", context)
