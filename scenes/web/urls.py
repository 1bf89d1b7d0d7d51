"""The home page and the scenes' pictures."""

from django.urls import path

from scenes.web import views
from scenes.web.home import views as home

urlpatterns = [
    path("", home.home, name="home"),
    path("services", home.service_states, name="services"),
    path("waiting", home.waiting, name="waiting"),
    path("release", views.release, name="release"),
    path("scenes/<int:scene_id>/screenshot", views.screenshot, name="screenshot"),
]
