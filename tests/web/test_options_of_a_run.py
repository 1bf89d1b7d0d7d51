"""The options of a run can be given in every way in; what is not given is as the settings say."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command, load_command_class
from django.test import Client

from jobs import engine
from jobs.models import Job
from scenes.configuration.run_defaults import DETECTORS

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
RUN = "process_new_scenes"
OPTIONS: dict[str, Any] = {
    "skip": ["stash_scan", "completion"],
    "max_scenes": 7,
    "detectors": ["detect_tags"],
    "auto_approve": False,
    "dry_run": True,
}
NOTHING: dict[str, Any] = {"skip": [], "max_scenes": None, "detectors": []}
SETTINGS = {
    "batch_size": 20,
    "max_parallel_batches": 3,
    "skip": frozenset({"completion", "stash_scan"}),
    "detectors": frozenset({"detect_tags"}),
    "max_scenes": 500,
    "auto_approve": False,
    "dry_run": True,
}
AS_SET = OPTIONS | {"batch_size": 20, "max_parallel_batches": 3, "max_scenes": 500}


def in_code(options: dict[str, Any], client: Client) -> None:
    engine.start(RUN, options, source="test")


def by_the_api(options: dict[str, Any], client: Client) -> None:
    body = {"job_type": RUN, "params": options}
    assert client.post("/api/jobs", body, content_type="application/json").status_code == 201


def by_command(options: dict[str, Any], client: Client) -> None:
    words: list[str] = []
    for name, value in options.items():
        option = name.replace("_", "-")
        if value in (None, [], False):
            words.append(f"--no-{option}")
        elif value is True:
            words.append(f"--{option}")
        else:
            for one in value if isinstance(value, list) else [value]:
                words += [f"--{option}", str(one)]
    call_command(RUN, *words, stdout=StringIO())


def form(options: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends: nothing for an empty list, an empty text for an empty field."""
    written = {True: "true", False: "false", None: ""}
    values = {name: value if isinstance(value, (list, int)) and not isinstance(value, bool) else written[value]
              for name, value in options.items()}  # fmt: skip
    return {"filled_in": "True", **values}


def on_the_page(options: dict[str, Any], client: Client) -> None:
    client.post("/jobs/start", {"job_type": RUN, **form(options)})


def in_the_admin(options: dict[str, Any], client: Client) -> None:
    client.post(f"/admin/jobs/job/start/{RUN}/", form(options))


WAYS = [in_code, by_the_api, by_command, on_the_page, in_the_admin]
Way = Callable[[dict[str, Any], Client], None]


def started() -> dict[str, Any]:
    params: dict[str, Any] = Job.objects.get().params
    return params


@pytest.mark.parametrize("way", WAYS)
def test_each_way_takes_every_option(browser: Client, way: Way) -> None:
    way(OPTIONS, browser)
    assert {name: started()[name] for name in OPTIONS} == OPTIONS


@pytest.mark.parametrize("way", [in_code, by_the_api, by_command])
def test_what_is_not_given_is_as_the_settings_say(browser: Client, configure: Callable[..., Any], way: Way) -> None:
    configure(**SETTINGS)
    way({}, browser)
    assert {name: started()[name] for name in AS_SET} == AS_SET


@pytest.mark.parametrize("address", ["/jobs/start", f"/admin/jobs/job/start/{RUN}/"])
def test_a_button_without_options_takes_the_settings(
    browser: Client, configure: Callable[..., Any], address: str
) -> None:
    configure(**SETTINGS)
    browser.post(address, {"job_type": RUN})
    assert {name: started()[name] for name in AS_SET} == AS_SET


@pytest.mark.parametrize("way", WAYS)
def test_each_way_can_ask_for_none_where_the_settings_say_some(
    browser: Client, configure: Callable[..., Any], way: Way
) -> None:
    configure(**SETTINGS)
    way(NOTHING, browser)
    assert {name: started()[name] for name in NOTHING} == NOTHING


@pytest.mark.parametrize("way", WAYS)
def test_each_way_can_switch_on_what_the_settings_switch_off(
    browser: Client, configure: Callable[..., Any], way: Way
) -> None:
    configure(**SETTINGS)
    way({"auto_approve": True}, browser)
    assert started()["auto_approve"] is True


@pytest.mark.parametrize("address", ["/jobs/", "/", f"/admin/jobs/job/start/{RUN}/"])
def test_the_form_shows_what_the_settings_say(browser: Client, configure: Callable[..., Any], address: str) -> None:
    configure(**SETTINGS)
    page = browser.get(address).text
    assert re.search(r'name="batch_size" value="20"', page) and re.search(r'name="max_scenes" value="500"', page)
    boxes = re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)"([^>]*)', page)
    checked = {(name, value) for name, value, rest in boxes if "checked" in rest}
    assert checked == {("skip", "stash_scan"), ("skip", "completion"), ("detectors", "detect_tags")}
    chosen = re.search(r'<select name="auto_approve".*?</select>', page, re.DOTALL)
    assert chosen and '<option value="false" selected>No' in chosen[0]


def test_help_and_documentation_tell_the_defaults_of_the_settings(
    browser: Client, configure: Callable[..., Any]
) -> None:
    configure(**SETTINGS)
    output = StringIO()
    load_command_class("scenes", RUN).create_parser("manage.py", RUN).print_help(output)
    text = " ".join(output.getvalue().split())
    assert "Default: stash_scan, completion." in text and "Default: 500." in text and "Default: detect_tags." in text
    options = options_in_the_documentation(browser)
    assert options["max_scenes"]["default"] == 500 and options["detectors"]["default"] == ["detect_tags"]


def test_the_documentation_follows_a_changed_setting(browser: Client, configure: Callable[..., Any]) -> None:
    for most in (500, 70):
        configure(max_scenes=most)
        assert options_in_the_documentation(browser)["max_scenes"]["default"] == most


def options_in_the_documentation(browser: Client) -> Any:
    return browser.get("/api/openapi.json").json()["components"]["schemas"]["RunParams"]["properties"]


def test_the_admin_s_options_come_back_with_what_is_wrong(browser: Client) -> None:
    page = browser.post(f"/admin/jobs/job/start/{RUN}/", form({"batch_size": 5000}))
    assert "Scenes in a batch must be a whole number from 1 to 1,000." in page.text and not Job.objects.exists()
    page = browser.get("/admin/jobs/job/start/make_coffee/", follow=True)
    assert "There is no job type" in page.text


@pytest.mark.parametrize("name", ["detect_all", "detect_tags\0", "", "none"])
def test_a_detector_that_there_is_not_is_refused(browser: Client, name: str) -> None:
    body = {"job_type": RUN, "params": {"detectors": [name]}}
    answer = browser.post("/api/jobs", body, content_type="application/json")
    assert answer.status_code == 400
    of_text = "params.detectors.0: a text can't have a NUL character."
    of_list = f"detectors must be a list of {', '.join(DETECTORS)}."
    assert answer.json()["error"]["message"] == (of_text if "\0" in name else of_list)
    assert "Detectors must be a list" in browser.post("/jobs/start", {"job_type": RUN, "detectors": [name]}).text
    assert not Job.objects.exists()
