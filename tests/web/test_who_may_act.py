"""Starting, cancelling, retrying, releasing and accepting need a permission, on every way in there is.

The routes are found in the URL conf, in the API's router and in the admin: a new one without a line in the
tables below fails here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from jobs.models import Job, Status
from scenes.models import (
    Change,
    Detection,
    Download,
    Generation,
    Outcome,
    PlacedFile,
    Plan,
    Scan,
    Scene,
    Setting,
    SyncState,
)
from stashhog.api import api
from tests.web.factories import make_job, make_run, make_token, make_user

pytestmark = pytest.mark.django_db

START, CANCEL, RETRY = "jobs.start_job", "jobs.cancel_job", "jobs.retry_job"
RELEASE = "scenes.release_items"
SETTINGS = "scenes.change_setting"
MISSING, ANOTHER = "scenes.accept_missing", "scenes.accept_another_library"

# Pages that take a POST: the permission each needs.
PAGES = {
    "/jobs/start": START,
    "/jobs/<uuid:job_id>/cancel": CANCEL,
    "/jobs/<uuid:job_id>/retry": RETRY,
    "/release": RELEASE,
    "/admin/jobs/job/start/<str:type>/": START,
}
# What takes a POST and acts on nothing: the own login, and addresses that only answer.
NOT_ACTING = {"/logout", "/healthz"}
API = {
    ("POST", "/api/jobs"): START,
    ("POST", "/api/jobs/{uuid:job_id}/cancel"): CANCEL,
    ("POST", "/api/jobs/{uuid:job_id}/retry"): RETRY,
    ("POST", "/api/release"): RELEASE,
    ("PATCH", "/api/settings"): SETTINGS,
}
ACTIONS = {
    ("job", "run_again"): START,
    ("job", "cancel"): CANCEL,
    ("job", "retry"): RETRY,
    ("step", "retry"): RETRY,
    ("download", "run_now"): START,
    ("download", "release"): RELEASE,
    ("placedfile", "release"): RELEASE,
    ("scene", "analyse"): START,
    ("scene", "sync"): START,
    ("scene", "generate"): START,
    ("scene", "release"): RELEASE,
    ("plan", "release"): RELEASE,
    ("change", "release"): RELEASE,
    ("detection", "release"): RELEASE,
    ("generation", "release"): RELEASE,
    ("scan", "release"): RELEASE,
    ("syncstate", "accept_missing"): MISSING,
    ("syncstate", "accept_another_library"): ANOTHER,
}
ACTING = {START, CANCEL, RETRY, RELEASE, MISSING, ANOTHER}


class Stage:
    """Something of everything that can be acted on; `state` tells whether anything was."""

    def __init__(self) -> None:
        self.active = make_run(at=4)
        self.failed = make_job("analysis", Status.FAILED, error_code="x")
        self.failed_run = make_run(Status.FAILED, at=3)
        self.scene = Scene.objects.create(pk=7, title="A", created_at=timezone.now(), remote_updated_at="x")
        self.generation = Generation.objects.create(scene=self.scene, outcome=Outcome.QUARANTINED)
        self.detection = Detection.objects.create(scene=self.scene, detector="detect_tags", outcome=Outcome.QUARANTINED)
        self.download = Download.objects.create(hash="a" * 40, name="A", outcome=Outcome.QUARANTINED)
        self.file = PlacedFile.objects.create(download=self.download, name="a", size=1, outcome=Outcome.QUARANTINED)
        self.scan = Scan.objects.create(file=self.file, outcome=Outcome.QUARANTINED)
        self.plan = Plan.objects.create()
        self.change = Change.objects.create(
            plan=self.plan, scene=self.scene, kind="add_tag", value={"name": "x"}, key="1", detector="d",
            status=Change.Status.APPROVED, outcome=Outcome.QUARANTINED,
        )  # fmt: skip
        self.sync_state = SyncState.load()
        SyncState.objects.update(missing_ids=[7], another_library=True)

    def row(self, model: str, action: str) -> Any:
        rows = {
            "job": self.active if action == "cancel" else self.failed,
            "step": self.failed_run.steps.get(status=Status.FAILED) if model == "step" else None,
            "download": self.download, "placedfile": self.file, "scene": self.scene, "plan": self.plan,
            "change": self.change, "syncstate": self.sync_state, "detection": self.detection,
            "generation": self.generation, "scan": self.scan,
        }  # fmt: skip
        return rows[model]

    def state(self) -> list[Any]:
        models = (Job, Scene, Detection, Generation, Download, PlacedFile, Scan, Change, SyncState, Setting)
        return [list(model._default_manager.order_by("pk").values()) for model in models]

    def job_of(self, address: str) -> Job:
        return self.active if address.endswith("cancel") else self.failed

    def body(self, address: str) -> dict[str, Any]:
        if address == "/api/settings":
            return {"link_mode": "copy"}
        if "release" in address:
            return {"download": self.download.pk} if not address.startswith("/api") else {"scenes": [7]}
        return {"job_type": "stash_scan"} if address.endswith(("/jobs", "/start")) else {}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def permission(name: str) -> Permission:
    label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=label, codename=codename)


def staff(name: str, *names: str) -> User:
    user = User.objects.create_user(name, password="a long password", is_staff=True)
    user.user_permissions.set([permission(given) for given in names])
    return user


def all_but(name: str, needed: str) -> User:
    """Staff with every permission there is, without this one."""
    user = staff(name)
    user.user_permissions.set(Permission.objects.exclude(pk=permission(needed).pk))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_token(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(user)}"})


def patterns(found: Any = None, before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if found is None else found:
        address = before + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, address)
        else:
            yield address, pattern


def filled(address: str, stage: Stage) -> str:
    address = address.replace("{", "<").replace("}", ">")
    values = {"<uuid:job_id>": stage.job_of(address).pk, "<str:type>": "stash_scan", "<int:scene_id>": 7}
    for name, value in values.items():
        address = address.replace(name, str(value))
    return address


def takes_a_post(address: str, stage: Stage) -> bool:
    """Whether a superuser's POST is more than refused as a method; what it did is rolled back."""
    with transaction.atomic():
        status = logged_in(User.objects.get(username="root")).post(filled(address, stage)).status_code
        transaction.set_rollback(True)
    return status != 405


def test_every_page_that_takes_a_post_is_in_the_table(stage):
    make_user("root")
    pages = {address for address, _ in patterns() if not address.startswith(("/admin/", "/api/"))}
    assert {page for page in pages if takes_a_post(page, stage)} == {
        page for page in PAGES if not page.startswith("/admin/")
    } | NOT_ACTING


def test_every_address_of_our_own_in_the_admin_is_in_the_table():
    usual = {"changelist", "add", "history", "delete", "change"}
    own = {
        f"/admin/{model._meta.label_lower.replace('.', '/')}/{url.pattern}"
        for model, model_admin in admin.site._registry.items()
        for url in model_admin.get_urls()
        if url.name and url.name.rsplit("_", 1)[-1] not in usual and model._meta.app_label in ("jobs", "scenes")
    }
    assert own == {page for page in PAGES if page.startswith("/admin/")}


def test_every_route_of_the_api_that_changes_something_is_in_the_table():
    found = {
        (method, f"/api{prefix}{path}".rstrip("/").replace("uuidstr:", "uuid:"))
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    assert found == set(API)


def test_every_action_of_the_admin_is_in_the_table():
    found = {
        (model._meta.model_name, name)
        for model, model_admin in admin.site._registry.items()
        for name in model_admin.actions or ()
        if model._meta.app_label in ("jobs", "scenes")
    }
    assert found == set(ACTIONS)


# Who gets in: every route for every kind of user.

Ask = Callable[[Client], Any]


def check(needed: str, stage: Stage, ask: Ask, enter: Callable[[User], Client], refusal: Callable[[Any], str]) -> None:
    before = stage.state()
    for user in (staff("bare"), all_but("almost", needed), User.objects.create_user("guest")):
        answer = ask(enter(user))
        assert answer.status_code == 403, user
        assert needed in refusal(answer), "the answer says which permission is missing"
    inactive = User.objects.create_superuser("gone")
    client = enter(inactive)
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    assert ask(client).status_code in (302, 401)
    assert stage.state() == before
    group = Group.objects.create(name="keepers")
    group.permissions.add(permission(needed))
    member = staff("member")
    member.groups.add(group)
    lost = staff("lost", needed)
    client = enter(lost)
    lost.user_permissions.clear()
    assert ask(client).status_code == 403, "a permission taken away counts at once"
    assert stage.state() == before
    for user in (staff("right", needed), member, User.objects.create_superuser("root")):
        with transaction.atomic():
            answer = ask(enter(user))
            assert answer.status_code in (200, 201, 302), (user, answer.content)
            assert stage.state() != before, user
            transaction.set_rollback(True)


@pytest.mark.parametrize(("address", "needed"), PAGES.items())
def test_a_page_acts_for_who_has_the_permission_and_for_nobody_else(stage, address, needed):
    where, body = filled(address, stage), stage.body(address)
    before = stage.state()
    assert Client().post(where, body).status_code == 302
    assert by_token(User.objects.create_superuser("program")).post(where, body).status_code == 302
    assert stage.state() == before

    def ask(client: Client) -> Any:
        user = User.objects.get(pk=client.session["_auth_user_id"])
        if address.startswith("/admin/") and not user.is_staff:
            User.objects.filter(pk=user.pk).update(is_staff=True)  # the admin asks others to log in
        return client.post(where, body)

    check(needed, stage, ask, logged_in, lambda answer: answer.content.decode())


@pytest.mark.parametrize("enter", [logged_in, by_token])
@pytest.mark.parametrize(("route", "needed"), API.items())
def test_the_api_acts_for_who_has_the_permission_and_for_nobody_else(stage, route, needed, enter):
    method, address = route
    where, body = filled(address, stage), stage.body(address)

    def ask(client: Client) -> Any:
        return client.generic(method, where, json.dumps(body), content_type="application/json")

    assert ask(Client()).status_code == 401

    def refusal(answer: Any) -> str:
        error = answer.json()["error"]
        assert error["code"] == "forbidden" and error["detail"] == {"permission": needed}
        return error["message"]

    check(needed, stage, ask, enter, refusal)


@pytest.mark.parametrize(("name", "needed"), ACTIONS.items())
def test_an_action_of_the_admin_is_offered_and_done_only_with_its_permission(stage, name, needed):
    model, action = name
    label = "jobs" if model in ("job", "step") else "scenes"
    if needed == ANOTHER:
        Job.objects.active().update(status=Status.CANCELLED)  # it waits for those
    where = f"/admin/{label}/{model}/"
    data = {"action": action, "_selected_action": [str(stage.row(model, action).pk)]}
    view, before = f"{label}.view_{model}", stage.state()
    for user in (staff("looker", view), all_but("almost", needed)):
        client = logged_in(user)
        assert f'<option value="{action}"' not in client.get(where).content.decode()
        answer = client.post(where, data)
        assert answer.status_code == 403 and needed in answer.content.decode()
    assert stage.state() == before
    client = logged_in(staff("right", view, needed))
    assert f'<option value="{action}"' in client.get(where).content.decode()
    assert client.post(where, data).status_code == 302
    assert stage.state() != before


# What a user may not do is not offered.


def test_pages_offer_what_their_user_may_do(stage):
    offers = {
        "/": [(START, "/jobs/start"), (RELEASE, "/release")],
        "/jobs/": [(START, "/jobs/start")],
        f"/jobs/{stage.active.pk}/": [(CANCEL, f"/jobs/{stage.active.pk}/cancel")],
        f"/jobs/{stage.failed.pk}/": [(RETRY, f"/jobs/{stage.failed.pk}/retry")],
        f"/jobs/{stage.failed_run.pk}/": [(RETRY, f"/jobs/{stage.failed_run.pk}/retry")],
    }
    root = logged_in(User.objects.create_superuser("root"))
    for number, (page, offered) in enumerate(offers.items()):
        for needed, action in offered:
            name = f"{number}{needed}"
            for client in (root, logged_in(staff(f"with{name}", "jobs.view_job", "scenes.view_scene", needed))):
                assert f'action="{action}"' in client.get(page).content.decode(), (page, needed)
            text = logged_in(all_but(f"without{name}", needed)).get(page).content.decode()
            assert f'action="{action}"' not in text, (page, needed)


def test_who_has_no_role_sees_nothing_and_is_told_so(stage):
    for client in (logged_in(User.objects.create_user("guest")), logged_in(staff("new"))):
        for address in ("/jobs/", f"/jobs/{stage.active.pk}/", "/api/jobs", f"/api/jobs/{stage.active.pk}/events"):
            assert client.get(address).status_code == 403, address
        page = client.get("/").text
        assert "has no role yet" in page
        assert "Process new scenes" not in page and "Newest scenes" not in page and 'href="/jobs/"' not in page


def test_a_permission_alone_is_nothing_for_who_is_not_staff(stage):
    """The admin is for staff only, and pages and API keep the same rule."""
    user = staff("was staff", CANCEL, "jobs.view_job")
    User.objects.filter(pk=user.pk).update(is_staff=False)
    for client in (logged_in(user), by_token(user)):
        assert client.get("/api/jobs").status_code == 403
        assert client.post(f"/api/jobs/{stage.active.pk}/cancel").status_code == 403


def test_home_links_to_the_lists_that_its_user_may_open(stage):
    page = logged_in(staff("looker", "scenes.view_scene", "scenes.view_download")).get("/").content.decode()
    assert 'href="/admin/scenes/download/' in page and 'href="/admin/scenes/placedfile/' not in page


def test_a_refusal_is_a_page_of_ours_with_a_way_back(stage):
    answer = logged_in(staff("bare")).post(f"/jobs/{stage.active.pk}/cancel")
    text = answer.content.decode()
    assert answer.status_code == 403 and 'class="brand"' in text and 'href="/"' in text
    assert "Can cancel jobs" in text and CANCEL in text


def test_without_the_csrf_token_a_login_with_the_permission_is_refused_too(stage):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff("right", CANCEL))
    assert client.post(f"/jobs/{stage.active.pk}/cancel").status_code == 403
    assert client.post(f"/api/jobs/{stage.active.pk}/cancel").status_code == 403
    assert Job.objects.get(pk=stage.active.pk).status == Status.RUNNING
