"""What waits in the queue of django-q2: wake-ups, which carry a job's id. For whoever looks for a fault."""

from __future__ import annotations

from django.contrib import admin
from django_q.models import OrmQ

from jobs.web.admin.acting import ReadOnlyAdmin


class QueuedTaskAdmin(ReadOnlyAdmin):
    list_display = ["id", "key", "lock"]
    fields = ["key", "lock"]  # without the payload, which is pickled


def register(site: admin.AdminSite) -> None:
    site.register(OrmQ, QueuedTaskAdmin)
