"""What belongs to the whole project."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.http import require_safe

from jobs.permissions import only_with
from scenes.permissions import VIEW_SETTINGS
from stashhog import __version__
from stashhog.ops.doctor.readiness import is_ready

RETRY_AFTER = 5  # seconds


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """For container health checks: this process answers. It says nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """For proxies and orchestrators: the database has all its tables, and a worker runs. It says nothing else."""
    ready = is_ready()
    return HttpResponse("ok" if ready else "not ready", status=200 if ready else 503, content_type="text/plain")


@require_safe
@only_with(VIEW_SETTINGS)
def health(request: HttpRequest) -> HttpResponse:
    """What is well with this installation, what is not, and what to do about it."""
    from stashhog.ops.doctor.examining import examine  # it takes the clients of all services

    return render(request, "health.html", {"examination": examine()})


def version(request: HttpRequest) -> dict[str, str]:
    """A context processor: the version in every page's foot."""
    return {"version": __version__}


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what went wrong. A database that is away is nobody's fault: 503, come again."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return defaults.server_error(request)
    # Rendered without the request: who is logged in is asked of the database too.
    page = render_to_string("503.html", {"seconds": RETRY_AFTER})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
