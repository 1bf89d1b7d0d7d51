"""All addresses of StashHog. Everything needs a login but `/healthz`, `/readyz` and the choice of
a language; the API also takes a token, and `/metrics` one of its own."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from jobs.web.admin.bounded import bound_all_lists
from stashhog import api
from stashhog.ops import queue_admin
from stashhog.ops.metrics.views import metrics
from stashhog.shell.overview import settings_page
from stashhog.shell.system import system
from stashhog.views import health, healthz, readyz

# Here, since only who shows pages or checks them needs forms, views and all that they import.
admin.autodiscover()
admin.site.site_header = admin.site.site_title = "StashHog"
admin.site.index_title = _("All tables")
admin.site.enable_nav_sidebar = False  # the shell has one
# The queue carries wake-ups only, and its schedules are off: there is nothing for a person to change, or to see of
# tasks that have ended.
admin.site.unregister(
    [model for model in apps.get_app_config("django_q").get_models() if admin.site.is_registered(model)]
)
queue_admin.register(admin.site)
bound_all_lists(admin.site)

handler400 = "stashhog.proxies.refusals.bad_request"
handler500 = "stashhog.views.server_error"

urlpatterns = [
    path("", include("scenes.web.urls")),
    path("jobs/", include("jobs.web.urls")),
    path("api/", include(api.urlpatterns)),
    path("admin/", admin.site.urls),
    path("logout", login_not_required(LogoutView.as_view(next_page="admin:login")), name="logout"),
    path("health/", health, name="health"),
    path("language", login_not_required(require_POST(set_language)), name="set_language"),
    path("system/", system, name="system"),
    path("settings/", settings_page, name="settings"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics, name="metrics"),
]
