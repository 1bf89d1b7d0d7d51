"""What belongs to the whole project."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from stashhog import __version__


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """For container health checks: this process answers. It says nothing else."""
    return HttpResponse("ok", content_type="text/plain")


def version(request: HttpRequest) -> dict[str, str]:
    """A context processor: the version in every page's foot."""
    return {"version": __version__}
