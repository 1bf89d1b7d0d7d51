"""Something of everything that can be looked at and acted on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from jobs.models import ApiToken, Job, Pause, QuietHours, RunRequest, Schedule, Status, Supervisor
from scenes.configuration.secrets import encrypted
from scenes.models import (
    Change,
    Destination,
    Detection,
    Download,
    FirstRunDecision,
    Generation,
    LanguageModelQuestion,
    Marker,
    Outcome,
    OutputKind,
    Performer,
    Place,
    PlacedFile,
    Plan,
    RefusedLogin,
    Scan,
    Scene,
    SceneFile,
    Setting,
    StashJob,
    StashTask,
    Studio,
    SyncState,
    Tag,
    TagRule,
)  # fmt: skip
from scenes.plans.evidence import Evidence
from scenes.plans.reasons import IN_TEXT, MARKER_BY_DEFAULT, SHARE_BY_RULE
from stashhog.ops.notifications.models import Channel, Message
from tests.web.factories import make_job, make_run

ACTED_ON = (
    Job,
    Scene,
    Detection,
    Generation,
    Download,
    PlacedFile,
    Scan,
    StashTask,
    Change,
    SyncState,
    Setting,
    FirstRunDecision,
    Destination,
    Place,
    OutputKind,
    TagRule,
    Pause,
    Schedule,
    QuietHours,
    RunRequest,
    Channel,
    Message,
)
MADE_AND_DELETED = (User, Group, ApiToken, RefusedLogin)


# By how an address begins.
BODIES: dict[str, dict[str, Any]] = {
    "/api/settings": {"link_mode": "copy"},
    "/settings": {"link_mode": "copy"},
    "/guide": {"link_mode": "copy"},
    "/api/notifications": {"name": "tablet", "url": "json://127.0.0.1:9/"},
    "/api/destinations": {"name": "TV", "folder": "/mnt/tv", "categories": "tv"},
    "/api/first-run": {"library": "analysed"},
    "/api/scenes/": {"scene_ids": [7]},
    "/needs/act": {"release": "download:"},
    "/api/pause": {"paused": True},
}
RULE_BODIES: dict[str, dict[str, Any]] = {
    "rules": {"tag_name": "n"},
    "import": {"csv": "tag_name\nn\n", "text": "tag_name\nn\n", "take": "1"},
    "try": {"max_scenes": 5},
}


class Stage:
    """`state` tells whether anything was changed."""

    def __init__(self) -> None:
        # So that /readyz says it is ready, also where the requests take longer than a heartbeat.
        Supervisor.objects.create(process="here", host="here", heartbeat_at=timezone.now() + timedelta(hours=1))
        self.active = make_run(at=4)
        self.failed = make_job("analysis", Status.FAILED, error_code="x")
        self.failed_run = make_run(Status.FAILED, at=3)
        self.scene = Scene.objects.create(pk=7, title="A", created_at=timezone.now(), remote_updated_at="x")
        Generation.objects.create(scene=self.scene, outcome=Outcome.QUARANTINED)
        Detection.objects.create(scene=self.scene, detector="detect_tags", outcome=Outcome.QUARANTINED)
        self.download = Download.objects.create(hash="a" * 40, name="A", outcome=Outcome.QUARANTINED)
        self.file = PlacedFile.objects.create(download=self.download, name="a", size=1, outcome=Outcome.QUARANTINED)
        self.deleted_file = PlacedFile.objects.create(
            download=self.download, name="b", size=1, outcome=Outcome.NOT_WANTED, code="deleted_in_stash"
        )
        Scan.objects.create(file=self.file, outcome=Outcome.QUARANTINED)
        StashTask.objects.create(scene_id=7, kind="identify", outcome=Outcome.QUARANTINED)
        self.plan = Plan.objects.create()
        self.change = Change.objects.create(
            plan=self.plan, scene=self.scene, kind="add_tag", value={"name": "x"}, key="1", detector="d",
            status=Change.Status.APPROVED, outcome=Outcome.QUARANTINED,
        )  # fmt: skip
        common = {"plan": self.plan, "scene": self.scene, "kind": "add_tag", "detector": "d", "tag": "y"}
        seen = Evidence(rule=SHARE_BY_RULE.format(rule="y", seconds=12, share="7%", required="15s or 25%"))
        common["evidence"] = {**seen.as_json(), "found": IN_TEXT["title"].format(words="y")}
        self.proposed = Change.objects.create(**common, value={"name": "y"}, key="2")
        self.waiting = Change.objects.create(**common, value={"name": "y"}, key="3", status=Change.Status.APPROVED)
        self.tag = Tag.objects.create(pk=1, name="y")
        self.sync_state = SyncState.load()
        SyncState.objects.update(missing_ids=[7], another_library=True)
        Place.objects.create(use=Place.Use.LIBRARY, root="/library")
        self.destination = Destination.objects.create(name="VR", folder="/mnt/vr", categories="vr")
        self.rule = TagRule.objects.create(tag_name="y", max_gap=3)
        self.schedule = Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *")
        self.quiet_hours = QuietHours(name="Night", begin=time(22), end=time(7), enabled=False)
        self.quiet_hours.job_types = ["analysis"]
        self.quiet_hours.save()
        RunRequest.objects.create(key="trigger", job_type="sync", source="trigger")
        OutputKind.objects.create(name="covers", broken_at=timezone.now(), asked_at=timezone.now())

        # Nobody is there at that address: a test is refused its connection at once, and that is kept.
        secret = encrypted("json://127.0.0.1:9/")
        self.channel = Channel.objects.create(name="phone", secret=secret, service="JSON", causes=["review"])
        self.message = Message.objects.create(channel=self.channel, cause="review", title="x", status="given_up")

    def add_the_rest(self) -> None:
        """A row of each model of which nothing is acted on."""
        written = {"status": Change.Status.APPLIED, "before": {"present": False}, "after": {"present": True}}
        words = MARKER_BY_DEFAULT.format(least=1, gap=0.5)
        Change.objects.create(
            plan=self.plan, scene=self.scene, kind="add_marker", key="4", detector="d", tag="y",
            value={"tag": "y", "title": "y", "start": 1, "end": 2}, applied_at=timezone.now(), **written,
            evidence=Evidence(rule=words).as_json(),
        )  # fmt: skip
        Performer.objects.create(pk=1, name="p")
        Studio.objects.create(pk=1, name="s")
        SceneFile.objects.create(pk=1, scene=self.scene, path="/a.mp4", size=1)
        Marker.objects.create(pk=1, scene=self.scene, seconds=1, primary_tag=self.tag)
        Pause.objects.create(active=False)
        StashJob.objects.create(kind="scan", job=self.failed)
        LanguageModelQuestion.objects.create(scene=self.scene, model="m", cost=0)
        OrmQ.objects.create(key="stashhog", payload="x")
        RefusedLogin.objects.create(fingerprint="f", message="Refused.")
        AccessAttempt.objects.create(username="x", ip_address="192.0.2.9", user_agent="", failures_since_start=1)
        FirstRunDecision.objects.create(question="torrents", answer="take", source="command")
        Setting.objects.create(key="link_mode", value="hardlink")
        User.objects.create_user("somebody")
        ApiToken.objects.create(user=User.objects.create_user("owner"), prefix="shog_0", digest="0")

    def row(self, label: str, action: str = "") -> Any:
        """The row of a model that is looked at, or that an action would change."""
        if label == "scenes.change" and action in ("approve", "apply"):
            return self.proposed if action == "approve" else self.waiting
        rows: dict[str, Callable[[], Any]] = {
            "jobs.job": lambda: self.active if action == "cancel" else self.failed,
            "jobs.step": lambda: self.failed_run.steps.get(status=Status.FAILED),
            "jobs.event": self.failed.events.first,
            "auth.user": lambda: User.objects.filter(username="somebody").first(),
            "jobs.apitoken": lambda: ApiToken.objects.filter(prefix="shog_0").first(),
            "scenes.tagrule": lambda: self.rule,
            "scenes.placedfile": lambda: self.deleted_file if action == "place_again" else self.file,
        }
        row = rows[label]() if label in rows else apps.get_model(label)._default_manager.first()
        assert row, f"There is no row of {label} to look at: make one in tests/web/permissions/stage.py."
        return row

    def state(self) -> list[Any]:
        """As the database has it: the ORM takes ten times as long, and some tests ask often."""
        name = connection.ops.quote_name
        with connection.cursor() as cursor:
            rows = []
            for meta in (model._meta for model in ACTED_ON):
                cursor.execute(f"SELECT * FROM {name(meta.db_table)} ORDER BY {name(str(meta.pk.column))}")
                rows.append(cursor.fetchall())
        return rows

    def all_rows(self) -> list[Any]:
        """With those of which a request can only make or delete some."""
        return [
            *self.state(),
            *(set(model._default_manager.values_list("pk", flat=True)) for model in MADE_AND_DELETED),
        ]

    def job_of(self, address: str) -> Job:
        return self.active if address.endswith(("cancel", "run-now")) else self.failed

    def file_of(self, address: str) -> PlacedFile:
        return self.deleted_file if address.endswith("place-again") else self.file

    def filled(self, address: str) -> str:
        """An address with something that there is for each of its parameters."""
        label = ".".join(address.split("/")[2:4]) if address.startswith("/admin/") else ""
        values = {
            "<int:plan_id>": self.plan.pk, "<int:change_id>": self.change.pk,
            "<uuid:job_id>": self.job_of(address).pk, "<str:type>": "stash_scan", "<int:scene_id>": 7,
            "<path:content_type_id>": 1, "<path:rest>": "x", "<app_label>": "jobs", "<url>": "x/y/z",
            "<int:schedule_id>": self.schedule.pk, "<int:quiet_hours_id>": self.quiet_hours.pk,
            "<name>": "download-finished",
            "<slug:group>": "files", "<slug:step>": "folders",
            "<int:destination_id>": self.destination.pk, "<int:rule_id>": self.rule.pk, "<key>": "link_mode",
            "<int:download_id>": self.download.pk, "<int:file_id>": self.file_of(address).pk,
            "<int:channel_id>": self.channel.pk,
        }  # fmt: skip
        for name, value in values.items():
            address = address.replace(name, str(value))
        for name in ("<path:object_id>", "<id>"):
            if name in address:
                address = address.replace(name, "1" if label.startswith("r.") else str(self.row(label).pk))
        return address

    def make_ready(self, address: str) -> None:
        """Let there be what a POST to the address changes."""
        if address == "/jobs/resume":
            Pause.objects.create()
        elif address == "/needs/another-library/":  # not while any job is active
            now = timezone.now()
            Job.objects.active().update(status=Status.CANCELLED, finished_at=now, claim_token=None)

    def body(self, address: str) -> dict[str, Any]:
        """What a POST to the address sends; of a page's button as one that has asked already."""
        return self.of_button(address) | ({} if address.startswith("/api/") else {"confirmed": "yes"})

    def of_button(self, address: str) -> dict[str, Any]:
        for begin, body in BODIES.items():
            if address.startswith(begin) and address != "/api/settings/test":
                return body
        if "/rules" in address or "/tagrule" in address:
            return RULE_BODIES.get(address.rstrip("/").rpartition("/")[2], {})
        if address.startswith("/api/changes"):
            return self.review(address.rpartition("/")[2])
        if address.startswith(("/review", "/scenes")):
            return {"approve-change": self.proposed.pk, "name": "w", "type": "sync", "all": 1}
        if address == "/downloads/place-again":
            return {"file": self.deleted_file.pk}
        if "release" in address:
            return {"download": self.download.pk} if not address.startswith("/api") else {"scenes": [7]}
        return {"job_type": "stash_scan"} if address.endswith(("/jobs", "/start")) else {}

    def review(self, act: str) -> dict[str, Any]:
        """What a request sends to do that with a change that it does something to."""
        if act == "rename-tag":
            return {"tag": "y", "name": "z"}
        if act.startswith("<") or act.isdecimal():
            return {"name": "w"}
        return {"change_ids": [(self.proposed if act == "approve" else self.waiting).pk]}
