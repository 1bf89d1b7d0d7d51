"""The home page and the scenes' pictures."""

from django.urls import path

from scenes.web import views
from scenes.web.guide import views as guide
from scenes.web.home import views as home
from scenes.web.library import views as library
from scenes.web.needing import library_decisions
from scenes.web.needing import views as needing
from scenes.web.review import views as review
from scenes.web.settings import views as settings

urlpatterns = [
    path("", home.home, name="home"),
    path("services", home.service_states, name="services"),
    path("waiting", home.waiting, name="waiting"),
    path("waiting/list", home.waiting_list, name="waiting_list"),
    path("scenes/", library.scene_list, name="scenes"),
    path("scenes/<int:scene_id>/", library.scene, name="scene"),
    path("scenes/<int:scene_id>/start", library.scene_start, name="scene_start"),
    path("scenes/<int:scene_id>/revert", library.scene_revert, name="scene_revert"),
    path("downloads/", library.downloads, name="downloads"),
    path("downloads/release", library.release_downloads, name="release_downloads"),
    path("downloads/place-again", library.place_file_again, name="place_file_again"),
    path("scenes/<int:scene_id>/screenshot", views.screenshot, name="screenshot"),
    path("scenes/<int:scene_id>/strip", views.film_strip, name="film_strip"),
    path("needs/", needing.needs_you, name="needs_you"),
    path("needs/act", needing.act, name="needs_act"),
    path("needs/missing/", library_decisions.missing, name="needs_missing"),
    path("needs/another-library/", library_decisions.another_library, name="needs_another_library"),
    path("guide/", guide.begin, name="guide"),
    path("guide/<slug:step>/", guide.step, name="guide_step"),
    path("settings/<slug:group>/", settings.group, name="settings_group"),
    path("review/", review.review, name="review"),
    path("review/writing", review.writing, name="review_writing"),
    path("review/decide", review.decide, name="review_decide"),
    path("review/changes/<int:change_id>/", review.edit, name="review_edit"),
]
