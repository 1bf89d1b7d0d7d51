"""The rule of every route: a permission, or one of the rules below. A route without one fails the tests.

A new route gets its line here, and `make permissions` writes it to docs/permissions.md.
"""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "open to everybody"
LOGIN = "any login"  # of somebody who is staff, as all roles are
LOGOUT = "any login, which it ends"
NOBODY = "nobody"
TRIGGER = "a token for that purpose alone"  # which opens nothing else
METRICS = "a token for the metrics alone"

VIEW, START, CANCEL, RETRY = "jobs.view_job", "jobs.start_job", "jobs.cancel_job", "jobs.retry_job"
PAUSE, SCHEDULES = "jobs.pause_jobs", "jobs.view_schedule"
RULES, CHANGE_RULES = "scenes.view_tagrule", "scenes.change_tagrule"
SETTINGS, CHANGE_SETTINGS = "scenes.view_setting", "scenes.change_setting"
VIEW_SCENES, RELEASE, REVIEW = "scenes.view_scene", "scenes.release_items", "scenes.review_change"
FIRST_RUN, DECIDE = "scenes.view_firstrundecision", "scenes.change_firstrundecision"
DESTINATIONS, ADD_DESTINATION = "scenes.view_destination", "scenes.add_destination"
CHANGE_DESTINATION, DELETE_DESTINATION = "scenes.change_destination", "scenes.delete_destination"
CHANNELS, CHANGE_CHANNEL = "notifications.view_channel", "notifications.change_channel"
ADD_CHANNEL, DELETE_CHANNEL = "notifications.add_channel", "notifications.delete_channel"
MISSING, ANOTHER = "scenes.accept_missing", "scenes.accept_another_library"

PAGES = {
    ("GET", "/"): LOGIN,  # each part of it needs its own permission
    ("GET", "/services"): VIEW_SCENES,
    ("GET", "/waiting"): VIEW_SCENES,
    ("GET", "/waiting/list"): VIEW_SCENES,
    ("GET", "/scenes/"): VIEW_SCENES,
    ("GET", "/scenes/<int:scene_id>/"): VIEW_SCENES,
    ("POST", "/scenes/<int:scene_id>/start"): START,
    ("POST", "/scenes/<int:scene_id>/revert"): REVIEW,
    ("GET", "/scenes/<int:scene_id>/screenshot"): VIEW_SCENES,
    ("GET", "/scenes/<int:scene_id>/strip"): VIEW_SCENES,
    ("GET", "/downloads/"): "scenes.view_download",
    ("POST", "/downloads/release"): RELEASE,  # at once: also jobs.start_job
    ("POST", "/downloads/place-again"): RELEASE,
    ("GET", "/needs/"): VIEW_SCENES,
    ("POST", "/needs/act"): RELEASE,  # or what the act needs: jobs.retry_job, scenes.delete_refusedlogin
    ("GET", "/needs/missing/"): VIEW_SCENES,
    ("POST", "/needs/missing/"): MISSING,
    ("GET", "/needs/another-library/"): VIEW_SCENES,
    ("POST", "/needs/another-library/"): ANOTHER,
    ("GET", "/settings/"): SETTINGS,
    ("GET", "/settings/<slug:group>/"): SETTINGS,
    ("POST", "/settings/<slug:group>/"): CHANGE_SETTINGS,
    ("GET", "/guide/"): SETTINGS,
    ("GET", "/guide/<slug:step>/"): SETTINGS,
    ("POST", "/guide/<slug:step>/"): CHANGE_SETTINGS,  # or scenes.change_firstrundecision
    ("GET", "/review/"): "scenes.view_change",
    ("GET", "/review/writing"): "scenes.view_change",
    ("POST", "/review/decide"): REVIEW,
    ("GET", "/review/changes/<int:change_id>/"): REVIEW,
    ("POST", "/review/changes/<int:change_id>/"): REVIEW,
    ("GET", "/jobs/"): VIEW,
    ("GET", "/jobs/alive"): VIEW,
    ("POST", "/jobs/start"): START,
    ("POST", "/jobs/pause"): PAUSE,
    ("POST", "/jobs/resume"): PAUSE,
    ("GET", "/jobs/<uuid:job_id>/"): VIEW,
    ("GET", "/jobs/<uuid:job_id>/items"): VIEW,
    ("GET", "/jobs/<uuid:job_id>/log"): VIEW,
    ("GET", "/jobs/<uuid:job_id>/log.txt"): VIEW,
    ("POST", "/jobs/<uuid:job_id>/cancel"): CANCEL,
    ("POST", "/jobs/<uuid:job_id>/run-now"): START,
    ("POST", "/jobs/<uuid:job_id>/retry"): RETRY,
    ("POST", "/logout"): LOGOUT,
    ("POST", "/language"): OPEN,
    ("GET", "/health/"): SETTINGS,
    ("GET", "/system/"): SETTINGS,
    ("GET", "/metrics"): METRICS,  # or whoever comes from a network that a setting lists
    **{
        (method, address): OPEN
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for address in ("/healthz", "/readyz")
    },
}
API = {
    ("GET", "/api/jobs"): VIEW,
    ("POST", "/api/jobs"): START,
    ("GET", "/api/jobs/<uuid:job_id>"): VIEW,
    ("POST", "/api/jobs/<uuid:job_id>/cancel"): CANCEL,
    ("POST", "/api/jobs/<uuid:job_id>/run-now"): START,
    ("POST", "/api/jobs/<uuid:job_id>/retry"): RETRY,
    ("GET", "/api/jobs/<uuid:job_id>/events"): VIEW,
    ("GET", "/api/jobs/<uuid:job_id>/events/stream"): VIEW,
    ("GET", "/api/jobs/<uuid:job_id>/report"): VIEW,
    ("GET", "/api/schedule"): SCHEDULES,
    ("POST", "/api/schedule"): "jobs.add_schedule",
    ("PUT", "/api/schedule/<int:schedule_id>"): "jobs.change_schedule",
    ("DELETE", "/api/schedule/<int:schedule_id>"): "jobs.delete_schedule",
    ("POST", "/api/schedule/quiet-hours"): "jobs.add_quiethours",
    ("PUT", "/api/schedule/quiet-hours/<int:quiet_hours_id>"): "jobs.change_quiethours",
    ("DELETE", "/api/schedule/quiet-hours/<int:quiet_hours_id>"): "jobs.delete_quiethours",
    ("GET", "/api/pause"): VIEW,
    ("PUT", "/api/pause"): PAUSE,
    ("POST", "/api/triggers/<name>"): TRIGGER,
    ("GET", "/api/scenes"): VIEW_SCENES,
    ("GET", "/api/scenes/<int:scene_id>"): VIEW_SCENES,
    ("GET", "/api/scenes/<int:scene_id>/markers"): VIEW_SCENES,
    **{
        ("POST", f"/api/scenes/{act}"): START
        for act in ("analyse", "analyse-outdated", "sync", "generate", "identify", "auto-tag", "plugin-tasks")
    },
    ("GET", "/api/tags"): "scenes.view_tag",
    ("GET", "/api/performers"): "scenes.view_performer",
    ("GET", "/api/studios"): "scenes.view_studio",
    ("GET", "/api/downloads"): "scenes.view_download",
    ("GET", "/api/downloads/<int:download_id>"): "scenes.view_download",
    ("POST", "/api/downloads/<int:download_id>/release"): RELEASE,
    ("POST", "/api/downloads/<int:download_id>/retry"): RELEASE,
    ("GET", "/api/files"): "scenes.view_placedfile",
    ("GET", "/api/files/<int:file_id>"): "scenes.view_placedfile",
    ("POST", "/api/files/<int:file_id>/release"): RELEASE,
    ("POST", "/api/files/<int:file_id>/retry"): RELEASE,
    ("POST", "/api/files/<int:file_id>/place-again"): RELEASE,
    ("POST", "/api/release"): RELEASE,
    ("GET", "/api/plans"): "scenes.view_plan",
    ("GET", "/api/plans/<int:plan_id>"): "scenes.view_plan",
    ("GET", "/api/changes"): "scenes.view_change",
    ("GET", "/api/changes/<int:change_id>"): "scenes.view_change",
    ("PATCH", "/api/changes/<int:change_id>"): REVIEW,
    **{("POST", f"/api/changes/{act}"): REVIEW for act in ("approve", "reject", "rename-tag", "apply", "revert")},
    ("GET", "/api/scenes/<int:scene_id>/history"): VIEW_SCENES,
    ("GET", "/api/first-run"): FIRST_RUN,
    ("POST", "/api/first-run"): DECIDE,
    ("GET", "/api/tagger/outdated"): VIEW_SCENES,
    ("GET", "/api/language-model"): "scenes.view_languagemodelquestion",
    ("GET", "/api/settings"): SETTINGS,
    ("GET", "/api/settings/<key>"): SETTINGS,
    ("PATCH", "/api/settings"): CHANGE_SETTINGS,
    ("POST", "/api/settings/test"): CHANGE_SETTINGS,
    ("GET", "/api/rules"): RULES,
    ("GET", "/api/rules/<int:rule_id>"): RULES,
    ("POST", "/api/rules"): CHANGE_RULES,
    ("DELETE", "/api/rules/<int:rule_id>"): CHANGE_RULES,
    ("GET", "/api/rules/csv"): RULES,
    ("POST", "/api/rules/import"): CHANGE_RULES,
    ("POST", "/api/rules/try"): RULES,
    ("GET", "/api/destinations"): DESTINATIONS,
    ("GET", "/api/destinations/<int:destination_id>"): DESTINATIONS,
    ("POST", "/api/destinations"): ADD_DESTINATION,
    ("PATCH", "/api/destinations/<int:destination_id>"): CHANGE_DESTINATION,
    ("DELETE", "/api/destinations/<int:destination_id>"): DELETE_DESTINATION,
    ("GET", "/api/health"): SETTINGS,
    ("GET", "/api/notifications/channels"): CHANNELS,
    ("POST", "/api/notifications/channels"): ADD_CHANNEL,
    ("PATCH", "/api/notifications/channels/<int:channel_id>"): CHANGE_CHANNEL,
    ("DELETE", "/api/notifications/channels/<int:channel_id>"): DELETE_CHANNEL,
    ("POST", "/api/notifications/channels/<int:channel_id>/test"): CHANGE_CHANNEL,
    ("GET", "/api/openapi.json"): LOGIN,
}
API_PAGES = {("GET", "/api/docs"): LOGIN}  # a page, so it takes no token
# What is answered 404 to everybody.
NOT_THERE = {
    (method, address)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    for address in ("/api/", "/api/<path:rest>")
}
WEBSOCKETS = {"/ws/jobs/": VIEW, "/ws/jobs/<uuid:job_id>/": VIEW}
WEBSOCKETS_NOT_THERE = {"/"}  # the pattern of whatever is left


@dataclass(frozen=True)
class Rows:
    """The rules of the admin's pages of a model. Seeing a row, its list and its history needs ``view``."""

    view: str
    add: str = NOBODY
    change: str = NOBODY
    delete: str = NOBODY

    def routes(self, address: str) -> dict[tuple[str, str], str]:
        one = f"{address}<path:object_id>/"
        return {
            **_both(address, self.view),
            **_both(f"{address}add/", self.add),
            **_both(f"{one}history/", self.view),
            **_both(f"{one}delete/", self.delete),
            ("GET", f"{one}change/"): self.view,
            ("POST", f"{one}change/"): self.change,
            **_both(one, LOGIN),  # leads to its page
        }


def _both(address: str, rule: str) -> dict[tuple[str, str], str]:
    return {("GET", address): rule, ("POST", address): rule}


MODELS = {
    "jobs.job": Rows(VIEW),
    "jobs.step": Rows("jobs.view_step"),
    "jobs.event": Rows("jobs.view_event"),
    "jobs.apitoken": Rows("jobs.view_apitoken", add="jobs.add_apitoken", delete="jobs.delete_apitoken"),
    "jobs.schedule": Rows(SCHEDULES, "jobs.add_schedule", "jobs.change_schedule", "jobs.delete_schedule"),
    "jobs.quiethours": Rows(
        "jobs.view_quiethours", "jobs.add_quiethours", "jobs.change_quiethours", "jobs.delete_quiethours"
    ),
    "jobs.pause": Rows("jobs.view_pause"),
    "jobs.runrequest": Rows("jobs.view_runrequest", delete="jobs.delete_runrequest"),
    "scenes.download": Rows("scenes.view_download"),
    "scenes.placedfile": Rows("scenes.view_placedfile"),
    "scenes.refusedlogin": Rows("scenes.view_refusedlogin", delete="scenes.delete_refusedlogin"),
    "scenes.scene": Rows(VIEW_SCENES),
    "scenes.scenefile": Rows("scenes.view_scenefile"),
    "scenes.tag": Rows("scenes.view_tag"),
    "scenes.performer": Rows("scenes.view_performer"),
    "scenes.studio": Rows("scenes.view_studio"),
    "scenes.marker": Rows("scenes.view_marker"),
    "scenes.plan": Rows("scenes.view_plan"),
    "scenes.change": Rows("scenes.view_change", change=REVIEW),
    "scenes.detection": Rows("scenes.view_detection"),
    "scenes.generation": Rows("scenes.view_generation"),
    "scenes.scan": Rows("scenes.view_scan"),
    "scenes.stashjob": Rows("scenes.view_stashjob"),
    "scenes.stashtask": Rows("scenes.view_stashtask"),
    "scenes.syncstate": Rows("scenes.view_syncstate"),
    "scenes.setting": Rows(SETTINGS),
    "scenes.firstrundecision": Rows(FIRST_RUN),
    "scenes.tagrule": Rows(RULES, "scenes.add_tagrule", CHANGE_RULES, "scenes.delete_tagrule"),
    "scenes.destination": Rows(DESTINATIONS, ADD_DESTINATION, CHANGE_DESTINATION, DELETE_DESTINATION),
    "scenes.place": Rows("scenes.view_place"),
    "scenes.outputkind": Rows("scenes.view_outputkind"),
    "scenes.languagemodelquestion": Rows("scenes.view_languagemodelquestion"),
    "notifications.channel": Rows(CHANNELS, ADD_CHANNEL, CHANGE_CHANNEL, DELETE_CHANNEL),
    "notifications.message": Rows("notifications.view_message"),
    "auth.user": Rows("auth.view_user", "auth.add_user", "auth.change_user", "auth.delete_user"),
    "auth.group": Rows("auth.view_group", "auth.add_group", "auth.change_group", "auth.delete_group"),
    "axes.accessattempt": Rows("axes.view_accessattempt"),
    "django_q.ormq": Rows("django_q.view_ormq"),
}
ADMIN = {
    **_both("/admin/", LOGIN),
    **_both("/admin/login/", OPEN),
    ("POST", "/admin/logout/"): LOGIN,
    **_both("/admin/password_change/", LOGIN),
    ("GET", "/admin/password_change/done/"): LOGIN,
    ("GET", "/admin/autocomplete/"): NOBODY,  # no field uses it
    ("GET", "/admin/jsi18n/"): LOGIN,
    **_both("/admin/r/<path:content_type_id>/<path:object_id>/", LOGIN),
    **_both("/admin/<app_label>/", LOGIN),  # of an app of which the user may see something; others are not there
    **_both("/admin/<url>", LOGIN),  # not there
    ("POST", "/admin/jobs/job/start/<str:type>/"): START,
    ("GET", "/admin/jobs/job/start/<str:type>/"): START,
    **_both("/admin/auth/user/<id>/password/", "auth.change_user"),
}
for _label, _rows in MODELS.items():
    ADMIN |= _rows.routes(f"/admin/{_label.replace('.', '/')}/")
ADMIN |= _both("/admin/scenes/tagrule/import/", CHANGE_RULES) | _both("/admin/scenes/tagrule/export/", RULES)
ADMIN |= {("GET", "/admin/scenes/tagrule/try/"): RULES, ("POST", "/admin/scenes/tagrule/try/"): START}
ADMIN["POST", "/admin/notifications/channel/<int:channel_id>/test/"] = CHANGE_CHANNEL
# These have pages of their own, to which they lead.
ADMIN |= _both("/admin/scenes/setting/", LOGIN) | _both("/admin/scenes/firstrundecision/", LOGIN)
ADMIN |= _both("/admin/scenes/setting/<path:object_id>/change/", LOGIN)

ACTIONS = {
    **{("scenes.tagrule", name): CHANGE_RULES for name in ("want", "do_not_want", "no_markers", "as_default")},
    ("jobs.job", "run_again"): START,
    ("jobs.job", "cancel"): CANCEL,
    ("jobs.job", "retry"): RETRY,
    ("jobs.step", "retry"): RETRY,
    ("scenes.download", "run_now"): START,
    ("scenes.download", "release"): RELEASE,
    ("scenes.placedfile", "release"): RELEASE,
    ("scenes.placedfile", "place_again"): RELEASE,
    ("scenes.scene", "analyse"): START,
    ("scenes.scene", "analyse_outdated"): START,
    ("scenes.scene", "sync"): START,
    ("scenes.scene", "generate"): START,
    ("scenes.scene", "identify"): START,
    ("scenes.scene", "auto_tag"): START,
    ("scenes.scene", "run_plugin_tasks"): START,
    ("scenes.scene", "release"): RELEASE,
    ("scenes.plan", "release"): RELEASE,
    **{
        (f"scenes.{model}", act): REVIEW
        for model in ("change", "plan", "scene", "tag")
        for act in ("approve", "reject", "apply", "revert")
    },
    **{(f"scenes.{model}", "never_again"): CHANGE_RULES for model in ("change", "plan", "scene", "tag")},
    ("scenes.change", "release"): RELEASE,
    ("scenes.detection", "release"): RELEASE,
    ("scenes.generation", "release"): RELEASE,
    ("scenes.scan", "release"): RELEASE,
    ("scenes.stashtask", "release"): RELEASE,
    ("scenes.place", "forget"): RELEASE,
    ("scenes.outputkind", "ask_again"): RELEASE,
    ("notifications.channel", "send_test"): CHANGE_CHANNEL,
    ("notifications.message", "send_again"): CHANGE_CHANNEL,
    ("scenes.syncstate", "accept_missing"): MISSING,
    ("scenes.syncstate", "accept_another_library"): ANOTHER,
}
TOGETHER_WITH = {"never_again": REVIEW}  # actions that need another permission, too
DELETE_SELECTED = {(label, "delete_selected"): rows.delete for label, rows in MODELS.items() if rows.delete != NOBODY}

ACTING = {START, PAUSE, CANCEL, RETRY, RELEASE, REVIEW, MISSING, ANOTHER}
ROUTES = {**PAGES, **API, **API_PAGES, **ADMIN}
