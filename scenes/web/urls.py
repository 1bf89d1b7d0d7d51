"""The home page and the scenes' pictures."""

from django.urls import path

from scenes.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("services", views.service_states, name="services"),
    path("release", views.release, name="release"),
    path("scenes/<int:scene_id>/screenshot", views.screenshot, name="screenshot"),
]
