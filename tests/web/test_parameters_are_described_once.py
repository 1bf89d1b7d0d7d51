"""What a job takes is declared once: documentation, commands, forms and refusals tell the same of it."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.test import Client

from jobs import engine
from jobs.declare.registry import types
from jobs.errors import BadRequest
from jobs.models import Job
from scenes.configuration.run_defaults import DETECTORS
from scenes.plans.review.selection import SAY_WHICH

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

RUN = "process_new_scenes"
KNOWN = ", ".join(DETECTORS)
SUB_JOBS = ("process_downloads", "stash_scan", "sync", "analysis", "stash_generate")  # that need no parameter
# name: its bounds, and its default
NUMBERS = {
    "batch_size": (1, 1000, 100),
    "max_parallel_batches": (1, 16, 2),
    "max_attempts": (1, 100, 3),
    "retry_delay": (0, 3600, 30),
    "max_scenes": (1, 1_000_000, None),
}


@pytest.fixture
def schemas(browser: Client) -> dict[str, Any]:
    schemas: dict[str, Any] = browser.get("/api/openapi.json").json()["components"]["schemas"]
    return schemas


def shape_of(schemas: dict[str, Any], type: str) -> dict[str, Any]:
    """The documented properties of a type's parameters, the null of optional ones left out."""
    body = schemas[schemas["StartJob"]["discriminator"]["mapping"][type].rsplit("/", 1)[1]]
    assert body["properties"]["job_type"]["const"] == type and body["additionalProperties"] is False
    reference = re.search(r"#/components/schemas/(\w+)", json.dumps(body["properties"]["params"]))
    assert reference
    params = schemas[reference[1]]
    assert params["additionalProperties"] is False
    return {
        name: next((choice for choice in shape.get("anyOf", []) if choice["type"] != "null"), shape)
        for name, shape in params["properties"].items()
    }


def help_of(type: str) -> str:
    output = StringIO()
    load_command_class("scenes", type).create_parser("manage.py", type).print_help(output)
    return " ".join(output.getvalue().split())


def test_the_documentation_has_a_shape_for_each_type_and_none_for_others(schemas: dict[str, Any]) -> None:
    assert set(schemas["StartJob"]["discriminator"]["mapping"]) == set(types())
    for type in (RUN, *SUB_JOBS, "apply_plan"):
        shape_of(schemas, type)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_bounds_in_the_documentation_are_those_that_are_checked(schemas: dict[str, Any], name: str) -> None:
    low, high, _ = NUMBERS[name]
    shape = shape_of(schemas, RUN)[name]
    assert (shape["minimum"], shape["maximum"]) == (low, high)
    for value in (low, high):
        job = engine.start(RUN, {name: value}, source="test")
        assert job.params[name] == value
        Job.objects.all().delete()
    for value in (low - 1, high + 1):
        with pytest.raises(BadRequest, match=f"{name} must be .*from {low:,} to {high:,}"):
            engine.start(RUN, {name: value}, source="test")


@pytest.mark.parametrize("name", NUMBERS)
def test_a_command_s_help_tells_bounds_and_default(name: str) -> None:
    low, high, default = NUMBERS[name]
    option = help_of(RUN).split(f"--{name.replace('_', '-')} N")[-1].split(" --")[0]
    assert f"from {low:,} to {high:,}" in option
    assert f"Default: {'none' if default is None else default}." in option


def test_a_command_s_help_tells_what_switches_and_lists_take() -> None:
    assert "All that Stash has is read, and not only what changed. Default: no." in help_of("sync")
    assert "--scene-ids ID" in help_of("analysis")
    assert "process_downloads, stash_scan, incremental_sync" in help_of(RUN)


@pytest.mark.parametrize("type", (RUN, *SUB_JOBS))
def test_a_command_without_options_starts_a_job_with_the_documented_defaults(
    schemas: dict[str, Any], type: str
) -> None:
    call_command(type, stdout=StringIO())
    params = Job.objects.get().params
    documented = shape_of(schemas, type)
    assert params.keys() == documented.keys()
    for name, shape in documented.items():
        assert params[name] == shape.get("default")


def fields_on(page: str) -> dict[str, str]:
    """The named inputs of the form that starts a run."""
    form = next(part for part in page.split('class="start"') if f'value="{RUN}"' in part).split("</form>")[0]
    return {found[1]: found[0] for found in re.finditer(r'<input[^>]* name="(\w+)"[^>]*>', form)}


def values_on(page: str) -> dict[str, list[str]]:
    """What a browser would send of that form as it stands."""
    form = next(part for part in page.split('class="start"') if f'value="{RUN}"' in part).split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, tag in re.findall(r'(?=<input[^>]* name="(\w+)")(<input[^>]*>)', form):
        value = re.search(r'value="([^"]*)"', tag)
        if value and ("checkbox" not in tag or "checked" in tag):
            found.setdefault(name, []).append(value[1])
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'<option value="(\w+)" selected', options)
    return found


@pytest.mark.parametrize("address", ["/jobs/", "/"])
def test_the_form_has_each_number_with_label_help_bounds_and_default(browser: Client, address: str) -> None:
    page = browser.get(address).text
    fields = fields_on(page)
    for name, (low, high, default) in NUMBERS.items():
        assert f'min="{low}"' in fields[name] and f'max="{high}"' in fields[name]
        assert ("value=" not in fields[name]) if default is None else (f'value="{default}"' in fields[name])
        assert f'for="{RUN}-{name}"' in page and f'id="{RUN}-{name}"' in fields[name]
    assert "How many scenes are analysed together." in page and "Scenes in a batch" in page


def test_the_form_as_it_stands_starts_a_run_with_the_defaults(browser: Client) -> None:
    browser.post("/jobs/start", values_on(browser.get("/jobs/").text))
    posted = Job.objects.get().params
    Job.objects.all().delete()
    assert posted == engine.start(RUN, {}, source="test").params


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in_and_says_what_is_wrong_beside_the_field(
    browser: Client,
) -> None:
    values = {"job_type": RUN, "batch_size": "5000", "max_scenes": "77", "skip": ["stash_scan"]}
    page = browser.post("/jobs/start", values).text
    assert not Job.objects.exists()
    fields = fields_on(page)
    assert 'value="5000"' in fields["batch_size"] and 'value="77"' in fields["max_scenes"]
    assert re.search(r'value="stash_scan"[^>]*checked', page)
    assert page.count("Scenes in a batch must be a whole number from 1 to 1,000.") == 1


@pytest.mark.parametrize("step", ["nothing", "stash_scan\0", "completion,stash_scan"])
def test_a_step_that_there_is_not_is_refused_by_the_form(browser: Client, step: str) -> None:
    page = browser.post("/jobs/start", {"job_type": RUN, "skip": [step]}).text
    assert "Leave out must be a list of process_downloads, " in page and not Job.objects.exists()


def test_a_type_that_there_is_not_is_refused_by_the_form(browser: Client) -> None:
    page = browser.post("/jobs/start", {"job_type": "make_coffee"}, follow=True).text
    assert "There is no job type" in page and not Job.objects.exists()


@pytest.mark.parametrize(
    ("type", "params", "sentence"),
    [
        (RUN, {"batch_size": 1001}, "batch_size must be a whole number from 1 to 1,000."),
        (RUN, {"batch_size": None}, "batch_size must be a whole number from 1 to 1,000."),
        (RUN, {"retry_delay": -0.5}, "retry_delay must be a number from 0 to 3,600."),
        (RUN, {"max_scenes": 0}, "max_scenes must be a whole number from 1 to 1,000,000."),
        (RUN, {"dry_run": 0}, "dry_run must be true or false."),
        (RUN, {"auto_approve": 1}, "auto_approve must be true or false."),
        (RUN, {"detectors": ["detect_all"]}, f"detectors must be a list of {KNOWN}."),
        (RUN, {"detectors": None}, f"detectors must be a list of {KNOWN}."),
        ("sync", {"force": 1}, "force must be true or false."),
        ("analysis", {"scene_ids": [0]}, "scene_ids must be a list of ids, whole numbers from 1 to 2^63 - 1."),
        ("analysis", {"scene_ids": (1,)}, "scene_ids must be a list of ids, whole numbers from 1 to 2^63 - 1."),
        ("analysis", {"scene_ids": [1] * 50_001}, "scene_ids must be a list of at most 50,000 ids, not of 50,001."),
        ("apply_plan", {}, SAY_WHICH),
        ("revert_plan", {"rest": True}, SAY_WHICH),
        ("apply_plan", {"change_ids": [0]}, "change_ids must be a list of ids, whole numbers from 1 to 2^63 - 1."),
        ("apply_plan", {"plan_id": 0}, "plan_id must be a whole number from 1 to 2^63 - 1."),
        ("stash_scan", {"a": 1}, "Unknown parameter: a. Known are: none."),
        ("sync", {"b": 1, "a": 1}, "Unknown parameter: a, b. Known are: force."),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(type: str, params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadRequest) as refused:
        engine.start(type, params, source="test")
    assert str(refused.value) == sentence
    assert not Job.objects.exists()


def test_ids_are_kept_once_in_their_order() -> None:
    job = engine.start("analysis", {"scene_ids": [7, 3, 7, 5, 3]}, source="test")
    assert job.params["scene_ids"] == [7, 3, 5]


def test_a_command_refuses_in_the_same_words() -> None:
    with pytest.raises(CommandError, match=re.escape("batch_size must be a whole number from 1 to 1,000.")):
        call_command(RUN, "--batch-size", "1001")
