"""The pages of jobs, their API, and the admin."""

from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path
from ninja import NinjaAPI

from jobs.web.api.auth import AUTH
from jobs.web.api.errors import install
from jobs.web.api.routes import router

api = NinjaAPI(urls_namespace="api", auth=AUTH)
api.add_router("/jobs", router)
install(api)

urlpatterns = [
    path("jobs/", include("jobs.web.urls")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    *staticfiles_urlpatterns(),
]
