"""The WebSockets' addresses."""

from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from jobs.live.consumers import JobConsumer, ListConsumer

websocket_urlpatterns = [
    path("ws/jobs/", ListConsumer.as_asgi()),
    path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi()),
    re_path("", WebsocketDenier.as_asgi()),
]
