"""Every list of the API comes in pages, all alike: bounded, in one order, and by cursors of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Event, Job, Status
from scenes.models import (
    Change,
    Download,
    DryRunItem,
    Marker,
    Outcome,
    Performer,
    PlacedFile,
    Plan,
    Scene,
    Studio,
    Tag,
    TagRule,
)
from tests.web.factories import make_job
from tests.web.test_long_lists import plan_of

pytestmark = pytest.mark.django_db
ONCE = datetime(2026, 11, 1, tzinfo=UTC)  # of all rows: their order must be one all the same
JOB = "00000000-0000-0000-0000-00000000000a"
# Lists that are short by themselves, since only so many rows of theirs can be made, and so are given whole.
WHOLE = {"/api/destinations", "/api/settings", "/api/notifications/channels"}
# Narrowed by an index to what belongs to one row, and then put in order.
NARROWED = ("/events", "/report", "/markers", "/history", "scene_id=7", "tag=x")
ORDERED = re.compile(r"ORDER BY .* LIMIT (21|26)$", re.DOTALL)  # one more than a page has


def a_job(number: int) -> Any:
    return Job.objects.create(type="sync", status=Status.COMPLETED, source="test", created_at=ONCE)


def the_job() -> Job:
    return Job.objects.get_or_create(pk=JOB, defaults={"type": "sync", "source": "test"})[0]


def an_event(number: int) -> Any:
    return Event.objects.create(job=the_job(), kind="log", message=str(number))


def a_line(number: int) -> Any:
    return DryRunItem.objects.create(job=the_job(), step="stash_scan", kind="scene", name=str(number))


def a_scene(number: int) -> Scene:
    studio = Studio.objects.create(pk=number, name="Studio")
    columns = {"title": "Film", "created_at": ONCE, "remote_updated_at": "x", "studio": studio}
    return Scene.objects.update_or_create(pk=number, defaults=columns)[0]


def a_marker(number: int) -> Any:
    tag = Tag.objects.create(pk=number, name=f"Tag {number}")
    return Marker.objects.create(pk=1000 - number, scene_id=7, seconds=1.1, primary_tag=tag)


def a_change(number: int, **columns: Any) -> Any:
    given = {"plan": a_plan(number), "kind": "add_tag", "value": {"name": "x"}, "tag": "x", "detector": "d"}
    return Change.objects.create(scene_id=7, key=str(number), **given, **columns)


def a_written_change(number: int) -> Any:
    return a_change(number, status=Change.Status.APPLIED, applied_in=a_job(number), applied_at=ONCE)


def a_plan(number: int) -> Any:
    return Plan.objects.create(created_at=ONCE)


def a_download(number: int) -> Any:
    return Download.objects.create(hash=f"{number:040}", name="Film", outcome=Outcome.FAILED, code="x", category="tv")


def a_file(number: int) -> Any:
    return PlacedFile.objects.create(download=a_download(number), name="a.mp4", size=1, outcome=Outcome.FAILED)


def a_rule(number: int) -> Any:
    return TagRule.objects.create(tag_name=f"Tag {number}", category="actions")


def named(model: Any) -> Callable[[int], Any]:
    return lambda number: model.objects.create(pk=number, name="The same")


# What makes a row of each list, and the filters that leave it in.
LISTS: dict[str, tuple[Callable[[int], Any], list[str]]] = {
    "/api/jobs": (a_job, ["status=completed", "type=sync", "source=test", "sub_jobs=true"]),
    f"/api/jobs/{JOB}/events": (an_event, []),
    f"/api/jobs/{JOB}/report": (a_line, []),
    "/api/scenes": (
        a_scene, ["title=fil", "video_analyzed=false", "organized=false", "generated=false"],
    ),
    "/api/scenes/7/markers": (a_marker, []),
    "/api/scenes/7/history": (a_written_change, []),
    "/api/tags": (named(Tag), ["name=same"]),
    "/api/performers": (named(Performer), ["name=same"]),
    "/api/studios": (named(Studio), ["name=same"]),
    "/api/plans": (a_plan, []),
    "/api/changes": (a_change, ["scene_id=7", "tag=x", "status=proposed", "kind=add_tag", "detector=d"]),
    "/api/downloads": (a_download, ["outcome=failed", "code=x", "category=tv", "name=fil"]),
    "/api/files": (a_file, ["outcome=failed", "name=mp4"]),
    "/api/rules": (a_rule, ["name=tag", "category=actions"]),
}  # fmt: skip
each_list = pytest.mark.parametrize("address", LISTS)
each_filter = pytest.mark.parametrize(
    "address", [f"{address}?{given}" for address, (_, filters) in LISTS.items() for given in ["limit=20", *filters]]
)


@pytest.fixture(autouse=True)
def _the_job(db: None) -> None:
    """Of which events and lines are looked at; and a scene."""
    make_job(status=Status.FAILED, pk=JOB, created_at=datetime(2026, 10, 1, tzinfo=UTC))
    Event.objects.all().delete()
    Scene.objects.create(pk=7, title="Film", created_at=ONCE, remote_updated_at="x")


def make(address: str, numbers: range) -> None:
    for number in numbers:
        LISTS[address.partition("?")[0]][0](number)


def page(client: Client, address: str, **query: Any) -> Any:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "message", "detail"}
    return str(error["message"])


def test_these_are_all_lists_that_there_are(program: Client) -> None:
    document = program.get("/api/openapi.json").json()
    known = {address.replace(JOB, "{job_id}").replace("/7/", "/{scene_id}/") for address in LISTS}
    for address, methods in document["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if schema.get("type") == "array":
            assert address in WHOLE
        elif "next" in document["components"]["schemas"][schema.get("$ref", "/Error").rpartition("/")[2]]["properties"]:
            known.remove(address)
    assert not known


@each_list
def test_pages_give_each_row_once_though_all_came_at_one_moment(program: Client, address: str) -> None:
    before = len(page(program, address)["items"])
    make(address, range(1, 8))
    found, cursor = [], ""
    while cursor is not None:
        given = page(program, address, limit=3, cursor=cursor)
        assert {"items", "next"} <= given.keys() and len(given["items"]) <= 3
        found += [item["id"] for item in given["items"]]
        cursor = given["next"]
    assert len(found) == len(set(found)) == before + (6 if address == "/api/scenes" else 7)
    assert found == [item["id"] for item in page(program, address, limit=200)["items"]]


@each_filter
def test_a_page_costs_as_many_queries_whatever_is_on_it(program: Client, address: str) -> None:
    make(address, range(1, 3))
    few = queries(program, address)
    make(address, range(3, 20))
    assert len(queries(program, address)) == len(few), "\n".join(queries(program, address))


@each_filter
def test_no_list_sorts_what_it_reads(program: Client, address: str) -> None:
    make(address, range(1, 4))
    lists = [sql for sql in queries(program, address) if ORDERED.search(sql)]
    assert lists
    for sql in lists:
        assert_planned(sql, address)


def assert_planned(sql: str, address: str) -> None:
    plan = plan_of(sql)
    if any(word in address for word in NARROWED):
        assert not re.search(r"SCAN (?!\(subquery)|Seq Scan", plan), (sql, plan)
    else:
        assert "TEMP B-TREE" not in plan and "Sort " not in plan, (sql, plan)


def queries(program: Client, address: str) -> list[str]:
    program.get(address)  # the first use of a token is noted
    with CaptureQueriesContext(connection) as captured:
        assert program.get(address).json()["items"]
    return [query["sql"] for query in captured]


@each_list
def test_a_cursor_begins_where_the_page_before_ended(program: Client, address: str) -> None:
    make(address, range(1, 5))
    cursor = page(program, address, limit=2)["next"]
    with CaptureQueriesContext(connection) as captured:
        page(program, address, cursor=cursor)
    (sql,) = (query["sql"] for query in captured if ORDERED.search(query["sql"]))
    assert "OFFSET" not in sql
    assert_planned(sql, address)


@each_list
def test_a_page_has_1_to_200_items(program: Client, address: str) -> None:
    for limit in ("0", "-1", "201", "x", "1.5", "", f"{2**70}", "nan"):
        assert "limit" in refusal(program, address, limit=limit), limit


@each_list
def test_a_cursor_that_the_list_did_not_give_is_refused_with_a_sentence(program: Client, address: str) -> None:
    make(address, range(1, 5))
    other = next(one for one in LISTS if one != address)
    make(other, range(101, 105))
    ours, others = (page(program, one, limit=1)["next"] for one in (address, other))
    changed = ("B" if ours[1] == "A" else "A").join([ours[0], ours[2:]])
    for cursor in (others, changed, ours[:-1], ours + "A", "x", "3", "1" * 400, "A" * 5000, "ä:ö", "::", " ", "-1"):
        assert "cursor" in refusal(program, address, cursor=cursor), cursor


@each_list
def test_a_filter_that_there_is_not_is_refused(program: Client, address: str) -> None:
    for name in ("statuss", "page", "offset", "Cursor", "x" * 3000):
        message = refusal(program, address, **{name: "1"})
        assert name[:20] in message and "limit" in message and len(message) < 500
