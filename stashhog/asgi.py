"""What daphne serves: Django over HTTP, live updates over WebSocket."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
django_application = get_asgi_application()

# After Django is set up: these import models.
from jobs.live.auth import WebSocketAuth  # noqa: E402
from jobs.live.event_stream import EventStreams  # noqa: E402
from jobs.live.routing import websocket_urlpatterns  # noqa: E402
from stashhog.http.bodies import BoundedBody  # noqa: E402
from stashhog.http.middleware import PROBES  # noqa: E402
from stashhog.proxies.base_path import BelowBasePath  # noqa: E402
from stashhog.proxies.forwarded import Forwarded  # noqa: E402

protocols = ProtocolTypeRouter(
    {
        "http": EventStreams(BoundedBody(django_application)),
        "websocket": WebSocketAuth(URLRouter(websocket_urlpatterns)),
    }
)
# All views, now: the first who asked would wait a second for them, and pages come back as soon as there is an answer.
_ = get_resolver().url_patterns
application = Forwarded(BelowBasePath(protocols, settings.BASE_PATH, PROBES), settings.TRUSTED_PROXIES)
