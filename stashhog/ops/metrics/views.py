"""The route /metrics."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from stashhog.ops.metrics.access import may_read


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """In Prometheus' text format. Who may not read it learns nothing."""
    if not may_read(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain")
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # most web processes are never asked

    from stashhog.ops.metrics.collecting import registry

    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
