"""The WebSockets' addresses."""

from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from jobs.live.consumers import JobConsumer, ListConsumer

# Named as in a URLconf: `reverse("live_job", "jobs.live.routing")` finds them.
urlpatterns = websocket_urlpatterns = [
    path("ws/jobs/", ListConsumer.as_asgi(), name="live_jobs"),
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi(), name="live_job"),
    re_path("", WebsocketDenier.as_asgi()),
]
