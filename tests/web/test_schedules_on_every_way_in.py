"""Schedules, quiet hours and the pause: in the API, in the admin, on the pages, and as commands."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from jobs import engine, testing
from jobs.declare.registry import params_of, types
from jobs.models import Job, Pause, QuietHours, Schedule
from jobs.scheduling import pausing, requests, schedules
from stashhog.ops.doctor.work import of_requests

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
NIGHTLY = {"name": "Nightly", "job_type": "process_new_scenes", "cron": "30 2 * * *", "time_zone": "Europe/Berlin"}
NIGHT = {"name": "Night", "begin": "22:00", "end": "07:00", "time_zone": "Europe/Berlin", "job_types": ["analysis"]}


def send(client: Client, method: str, where: str, body: dict[str, Any]) -> Any:
    return client.generic(method, f"/api/{where}", json.dumps(body), "application/json")


@time_machine.travel("2026-03-28T12:00:00+01:00", tick=False)
def test_the_api_makes_a_schedule_and_tells_its_next_five_times(program: Client) -> None:
    made = send(program, "POST", "schedule", {**NIGHTLY, "enabled": True, "params": {"batch_size": 5}})
    assert made.status_code == 201, made.text
    assert made.json()["next_times"] == [
        "2026-03-29T03:00:00+02:00",  # the day has no 2:30
        *(f"2026-{day}T02:30:00+02:00" for day in ("03-30", "03-31", "04-01", "04-02")),
    ]
    shown = program.get("/api/schedule").json()
    assert shown["next_at"] == "2026-03-29T01:00:00+00:00" and shown["schedules"] == [made.json()]
    changed = send(program, "PUT", f"schedule/{made.json()['id']}", {**NIGHTLY, "cron": "0 4 * * *"})
    assert (changed.status_code, changed.json()["enabled"], changed.json()["params"]) == (200, False, {})
    assert program.get("/api/schedule").json()["next_at"] is None
    assert program.delete(f"/api/schedule/{made.json()['id']}").status_code == 204
    assert program.delete(f"/api/schedule/{made.json()['id']}").status_code == 404


def test_it_tells_what_became_of_the_last_time(program: Client) -> None:
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        Schedule.objects.create(**NIGHTLY, enabled=True)
    with time_machine.travel("2026-06-05T12:00:00Z", tick=False):
        schedules.start_due()
    last = program.get("/api/schedule").json()["schedules"][0]["last"]
    assert (last["outcome"], last["job_id"]) == ("started", str(Job.objects.get().pk))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cron": "0 0 30 2 *"}, "never come"),
        ({"cron": "x"}, "five parts"),
        ({"cron": "R R * * *"}, "none by chance"),
        ({"cron": "0 4,h * * *"}, "none by chance"),
        ({"time_zone": "Nowhere"}, "no time zone"),
        ({"job_type": "coffee"}, "coffee"),
        ({"params": {"colour": 1}}, "colour"),
        ({"params": {"batch_size": 0}}, "batch_size"),
        ({"params": []}, "params"),
        ({"if_active": "burst"}, "if_active"),
        ({"enabled": "yes"}, "enabled"),
        ({"name": ""}, "name"),
        ({"name": "a\0"}, "name"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_can_not_be_is_answered_400_with_what_is_wrong(program: Client, wrong: dict[str, Any], says: str) -> None:
    answer = send(program, "POST", "schedule", {**NIGHTLY, **wrong})
    assert answer.status_code == 400 and says in answer.json()["error"]["message"]
    assert not Schedule.objects.exists()


def test_a_name_is_there_once(program: Client) -> None:
    assert send(program, "POST", "schedule", NIGHTLY).status_code == 201
    answer = send(program, "POST", "schedule", NIGHTLY)
    assert answer.status_code == 400 and "another one of this name" in answer.json()["error"]["message"]


@time_machine.travel("2026-06-01T23:00:00+02:00", tick=False)
def test_the_api_makes_quiet_hours_that_hold_at_once(program: Client) -> None:
    made = send(program, "POST", "schedule/quiet-hours", NIGHT)
    assert made.status_code == 201, made.text
    assert (made.json()["active"], made.json()["ends_at"]) == (True, "2026-06-02T05:00:00+00:00")
    where = f"schedule/quiet-hours/{made.json()['id']}"
    assert send(program, "PUT", where, {**NIGHT, "enabled": False}).json()["active"] is False
    assert program.get("/api/schedule").json()["quiet_hours"][0]["job_types"] == ["analysis"]
    refused: list[dict[str, Any]] = [
        {"end": "22:00"}, {"job_types": ["coffee"]}, {"job_types": []}, {"begin": "25:00"}, {"begin": None},
        {"begin": "22:00+02:00"}, {"end": "07:00Z"},
    ]  # fmt: skip
    for wrong in refused:
        assert send(program, "PUT", where, {**NIGHT, **wrong}).status_code == 400, wrong
    assert program.delete(f"/api/{where}").status_code == 204


@pytest.mark.parametrize("quiet", ["process_new_scenes", "process_downloads"])
@time_machine.travel("2026-06-01T23:00:00+02:00", tick=False)
def test_who_starts_a_run_in_quiet_hours_is_told_until_when_it_waits_and_may_have_it_go_on(
    program: Client, browser: Client, quiet: str
) -> None:
    send(program, "POST", "schedule/quiet-hours", {**NIGHT, "job_types": [quiet]})
    until = "Quiet hours until 07:00 (Europe/Berlin)"
    page = browser.post("/jobs/start", {"job_type": "process_new_scenes"}, follow=True).text
    assert until in page
    run = Job.objects.runs().get()
    testing.work()
    engine.recover()
    again = send(program, "POST", "jobs", {"job_type": "process_new_scenes"})
    assert again.status_code == 409 and until in again.json()["error"]["message"]
    assert until in browser.post("/jobs/start", {"job_type": "process_new_scenes"}, follow=True).text
    card = browser.get(f"/jobs/{run.pk}/").text
    assert until in card and f"/jobs/{run.pk}/run-now" in card and "Run now anyway" in card
    browser.post(f"/jobs/{run.pk}/run-now")
    engine.recover()
    assert "Run now anyway" not in browser.get(f"/jobs/{run.pk}/").text and engine.due().exists()
    out = io.StringIO()
    call_command("run_now", str(run.pk), stdout=out)
    assert "goes on" in out.getvalue()
    assert program.post(f"/api/jobs/{run.pk}/run-now").json()["id"] == str(run.pk)
    engine.cancel(run.pk)
    assert program.post(f"/api/jobs/{run.pk}/run-now").status_code == 409
    with pytest.raises(CommandError, match="has ended already"):
        call_command("run_now", str(run.pk))
    started = send(program, "POST", "jobs", {"job_type": "process_new_scenes"})
    assert until in started.json()["warning"]


def test_the_api_pauses_and_resumes(program: Client, user: User) -> None:
    assert program.get("/api/pause").json()["paused"] is False
    answer = send(program, "PUT", "pause", {"paused": True, "reason": "Films", "requeue_running": True}).json()
    assert answer == program.get("/api/pause").json()
    assert (answer["paused"], answer["reason"], answer["begun_by"]) == (True, "Films", user.username)
    for _ in range(2):
        assert send(program, "PUT", "pause", {"paused": False}).json()["paused"] is False
    for wrong in ({}, {"paused": 1}, {"paused": True, "reason": "a\nb"}, {"paused": True, "reason": "x" * 201}):
        assert send(program, "PUT", "pause", wrong).status_code == 400, wrong


def test_an_operator_pauses_and_only_an_admin_changes_a_schedule(db: None) -> None:
    for role, statuses in (("viewer", (403, 403)), ("operator", (200, 403)), ("admin", (200, 201))):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        pause = send(client, "PUT", "pause", {"paused": False})
        assert (pause.status_code, send(client, "POST", "schedule", NIGHTLY).status_code) == statuses, role


def test_each_page_says_that_there_is_a_pause_and_who_may_ends_it(browser: Client) -> None:
    answer = browser.post("/jobs/pause", {"reason": "Films <tonight>", "next": "/"}, follow=True)
    assert answer.request["PATH_INFO"] == "/"
    for where in ("/", "/jobs/", "/admin/", "/admin/jobs/job/", "/admin/jobs/schedule/add/", "/nothing-here"):
        page = browser.get(where).text
        assert "Nothing new is begun" in page and "Films &lt;tonight&gt;" in page, where
        assert f'name="next" value="{where}"' in page, where
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    looker = Client()
    looker.force_login(viewer)
    assert "Nothing new is begun" in looker.get("/").text and "Resume" not in looker.get("/").text
    assert "Nothing new is begun" not in Client().get("/admin/login/").text
    assert browser.post("/jobs/resume", {"next": "/jobs/"}).headers["Location"] == "/jobs/"
    assert "Nothing new is begun" not in browser.get("/").text


def test_the_way_back_leads_to_no_other_site(browser: Client) -> None:
    for page in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert browser.post("/jobs/pause", {"next": page}).headers["Location"] == "/jobs/", page


def test_the_list_of_jobs_says_what_comes_next(browser: Client) -> None:
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        Schedule.objects.create(**NIGHTLY, enabled=True)
        assert "2 Jun, 00:30 UTC" in browser.get("/jobs/").text


def test_the_command_pauses_and_resumes() -> None:
    job = engine.start("sync", source="test")
    out = io.StringIO()
    call_command("pause", reason="Upgrade", requeue_running=True, stdout=out)
    assert "Paused" in out.getvalue() and testing.work() == 0
    pause = pausing.current()
    assert pause is not None and (pause.reason, pause.requeue_running, pause.source) == ("Upgrade", True, "command")
    for answer in ("Resumed", "no pause"):
        call_command("resume", stdout=out)
        assert answer in out.getvalue()
    assert engine.due().get() == job
    with pytest.raises(CommandError, match="200 characters"):
        call_command("pause", reason="x" * 201)


def test_a_schedule_whose_zone_is_gone_says_so_and_hides_no_other(program: Client) -> None:
    Schedule.objects.create(**NIGHTLY, enabled=True)
    Schedule.objects.create(**{**NIGHTLY, "name": "Other"})
    Schedule.objects.filter(name="Nightly").update(time_zone="US/Gone")
    answer = program.get("/api/schedule")
    assert answer.status_code == 200, answer.text
    bad, good = answer.json()["schedules"]
    assert bad["next_times"] == [] and "US/Gone" in bad["problem"] and "Europe/Berlin" in bad["problem"]
    assert len(good["next_times"]) == 5 and good["problem"] == ""
    Schedule.objects.filter(name="Other").update(cron="0 0 31 2 *")  # by somebody's SQL
    assert "would never come" in program.get("/api/schedule").json()["schedules"][1]["problem"]


def test_where_the_zone_is_gone_the_admin_asks_for_another_one_and_takes_none_by_itself(browser: Client) -> None:
    schedule = Schedule.objects.create(**NIGHTLY)
    Schedule.objects.update(time_zone="US/Gone")
    where = f"/admin/jobs/schedule/{schedule.pk}/change/"
    assert "US/Gone is gone: choose another one" in browser.get(where).text
    answer = browser.post(where, on_page(browser, where))
    assert answer.status_code == 200 and "This field is required" in answer.text
    assert Schedule.objects.get().time_zone == "US/Gone"
    assert browser.post(where, {**on_page(browser, where), "time_zone": "UTC"}).status_code == 302


def test_what_was_asked_for_and_could_not_be_started_says_why_on_every_way(
    program: Client, browser: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    requests.request("trigger:x", "process_new_scenes", source="trigger", reason="A download", params={"gone": 1})
    requests.start_requested()
    (asked,) = program.get("/api/schedule").json()["requested"]
    assert "Unknown parameter: gone" in asked["error"]
    assert "Unknown parameter: gone" in browser.get("/jobs/").text
    assert "Unknown parameter: gone" in browser.get("/needs/").text
    assert "Unknown parameter: gone" in browser.get("/admin/jobs/runrequest/").text
    (finding,) = of_requests()
    assert finding.level == "warn" and "Unknown parameter: gone" in finding.text and "Requested jobs" in finding.fix


@time_machine.travel("2026-10-24T12:00:00+02:00", tick=False)
def test_the_admin_makes_a_schedule_and_shows_its_next_times(browser: Client, user: User) -> None:
    form = {**NIGHTLY, "param_batch_size": "5", "if_active": "skip", "catch_up": "on", "enabled": "on"}
    answer = browser.post("/admin/jobs/schedule/add/", form)
    assert answer.status_code == 302, answer.text
    schedule = Schedule.objects.get()
    assert schedule.params == {"batch_size": 5} and schedule.next_at and schedule.changed_by == user
    page = browser.get(f"/admin/jobs/schedule/{schedule.pk}/change/").text
    assert "Sun 25 Oct 2026, 02:30 CEST" in page and "Thu 29 Oct 2026, 02:30 CET" in page
    assert "Sun 25 Oct 2026, 02:30 CEST" in browser.get("/admin/jobs/schedule/").text


def on_page(browser: Client, where: str) -> dict[str, Any]:
    """What the form of a schedule sends back as it is shown."""
    form = browser.get(where).context["adminform"].form
    bound = {name: form[name].value() for name in form.fields}
    inline = {f"occurrences-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    return {name: value for name, value in bound.items() if value not in (None, False, [])} | inline


NEW = "/admin/jobs/schedule/add/"
ADD = f"{NEW}?job_type=process_new_scenes"  # of several workflows that tests declare


def test_the_admin_has_a_field_for_each_parameter_of_the_chosen_type(browser: Client) -> None:
    page = browser.get(ADD).text
    for parameter in params_of("process_new_scenes").parameters():
        assert f'name="param_{parameter.name}"' in page, parameter.name
    assert 'name="params"' not in page and "Approve by itself" in page
    assert 'name="param_force"' in browser.get(f"{NEW}?job_type=sync").text
    for type in types():
        assert browser.get(f"{NEW}?job_type={type}").status_code == 200, type
    assert browser.get(f"{NEW}?job_type=coffee").status_code == 200


def test_what_is_left_as_it_is_shown_follows_the_settings_and_only_what_differs_is_stored(browser: Client) -> None:
    form = on_page(browser, ADD)
    assert form["param_max_scenes"] == 500, "as nobody looks on"
    assert browser.post(ADD, {**form, **NIGHTLY}).status_code == 302
    schedule = Schedule.objects.get()
    assert schedule.params == {}
    where = f"/admin/jobs/schedule/{schedule.pk}/change/"
    changed = {"param_max_scenes": "", "param_auto_approve": "false", "param_skip": ["stash_generate"]}
    assert browser.post(where, {**on_page(browser, where), **changed}).status_code == 302
    schedule.refresh_from_db()
    wanted = {"max_scenes": None, "auto_approve": False, "skip": ["stash_generate"]}
    assert schedule.params == wanted
    assert browser.post(where, on_page(browser, where)).status_code == 302
    schedule.refresh_from_db()
    assert schedule.params == wanted, "saved again it is as it was"


def test_what_was_chosen_by_the_api_stays_when_the_page_is_saved(program: Client, browser: Client) -> None:
    params = {"batch_size": 100, "max_scenes": 7}  # one of them is the default
    made = send(program, "POST", "schedule", {**NIGHTLY, "params": params}).json()
    where = f"/admin/jobs/schedule/{made['id']}/change/"
    assert browser.post(where, on_page(browser, where)).status_code == 302
    assert Schedule.objects.get().params == params
    ids = {**NIGHTLY, "job_type": "process_downloads", "params": {"download_ids": [3, 5]}}
    send(program, "PUT", f"schedule/{made['id']}", ids)
    assert on_page(browser, where)["param_download_ids"] == "3, 5"
    assert browser.post(where, on_page(browser, where)).status_code == 302
    assert Schedule.objects.get().params == {"download_ids": [3, 5]}


def test_after_another_type_is_chosen_its_parameters_are_shown_before_anything_is_saved(browser: Client) -> None:
    form = on_page(browser, ADD)
    answer = browser.post(ADD, {**form, **NIGHTLY, "job_type": "sync"})
    assert answer.status_code == 200 and not Schedule.objects.exists()
    assert 'name="param_force"' in answer.text and "the parameters of “Sync” now" in answer.text
    assert "Nightly" in answer.text and 'name="param_batch_size"' not in answer.text
    again = answer.context["adminform"].form
    sent = {name: again[name].value() for name in again.fields if again[name].value() not in (None, False)}
    assert browser.post(ADD, {**sent, "param_force": "true"}).status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.job_type, schedule.params) == ("sync", {"force": True})


def test_who_may_only_look_sees_the_parameters(db: None) -> None:
    Schedule.objects.create(**NIGHTLY, params={"batch_size": 5})
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    looker = Client()
    looker.force_login(viewer)
    page = looker.get(f"/admin/jobs/schedule/{Schedule.objects.get().pk}/change/")
    assert page.status_code == 200 and "<dt>Scenes in a batch</dt><dd>5</dd>" in page.text


@pytest.mark.parametrize("rows", ["schedule", "quiethours"])
def test_a_new_one_begins_with_the_time_zone_of_the_installation(browser: Client, settings: Any, rows: str) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    page = browser.get(f"/admin/jobs/{rows}/add/").text
    assert '<option value="Europe/Berlin" selected>' in page and ">null<" not in page.replace("\n", "")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cron": "x"}, "five parts"),
        ({"param_batch_size": "0"}, "Scenes in a batch must be a whole number from 1 to"),
        ({"param_batch_size": "x"}, "Scenes in a batch must be a whole number from 1 to"),
        ({"param_skip": "coffee"}, "Leave out must be a list of"),
        ({"job_type": "coffee"}, "Select a valid choice"),
        ({"job_type": "process_downloads", "param_download_ids": "1, x"}, "Downloads must be a list of ids"),
        ({"job_type": "process_downloads", "param_download_ids": "0"}, "download_ids must be"),
        ({"time_zone": "Nowhere"}, "Select a valid choice"),
    ],
)
def test_the_admin_says_what_is_wrong_with_a_schedule(browser: Client, wrong: dict[str, str], says: str) -> None:
    answer = browser.post("/admin/jobs/schedule/add/", {**NIGHTLY, "if_active": "skip", **wrong})
    assert answer.status_code == 200 and says in answer.text and not Schedule.objects.exists()


def test_the_admin_makes_quiet_hours(browser: Client) -> None:
    answer = browser.post("/admin/jobs/quiethours/add/", {**NIGHT, "job_types": ["analysis", "stash_generate"]})
    assert answer.status_code == 302, answer.text
    hours = QuietHours.objects.get()
    assert hours.job_types == ["analysis", "stash_generate"]
    page = browser.get(f"/admin/jobs/quiethours/{hours.pk}/change/").text
    assert page.count("checked") >= 2
    answer = browser.post("/admin/jobs/quiethours/add/", {**NIGHT, "name": "B", "end": "22:00"})
    assert "give two times" in answer.text
    assert "give a name" not in answer.text and Pause.objects.count() == 0
