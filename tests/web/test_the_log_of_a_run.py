"""The log of a run: in plain words, by level and step, page by page, and as a text."""

from __future__ import annotations

import re

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from jobs.models import Event, Job, Status
from jobs.templatetags import jobs as tags
from jobs.web.cards import log
from tests.web.factories import make_run, make_sub_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Job:
    run = make_run(Status.COMPLETED_WITH_ERRORS, at=7)
    scan = make_sub_job(run, "stash_scan", "stash_scan", Status.COMPLETED)
    batch = make_sub_job(run, "analysis_batches", "analysis", Status.COMPLETED, number=2)
    for job, kind, level, message, data in (
        (run, "step_running", "info", "Stash metadata scan", {"step": "stash_scan"}),
        (scan, "claimed", "info", "", {}),
        (scan, "log", "warning", "Stash is slow\x1b[31m\nand odd", {}),
        (batch, "item_failed", "error", "Night: <b>it ends</b>", {}),
        (run, "completed_with_errors", "warning", "It went to its end", {}),
    ):
        Event.objects.create(job=job, kind=kind, level=level, message=message, data=data)
    return run


def lines(page: str) -> list[str]:
    return [
        re.sub(r"<[^>]+>|\s+", " ", line).strip()
        for line in re.findall(r'<li class="\w+" id="event-.*?</li>', page, re.DOTALL)
    ]


def test_it_says_in_plain_words_what_happened_the_newest_first(browser: Client, run: Job) -> None:
    log_text = lines(browser.get(f"/jobs/{run.pk}/log").text)
    assert "Completed with errors: It went to its end" in log_text[0]
    assert "Analysis batch 2" in log_text[1] and "Failed: Night: &lt;b&gt;it ends&lt;/b&gt;" in log_text[1]
    assert any("Stash scan" in line and "A worker began with it" in line for line in log_text)
    assert any("Step begun: Stash metadata scan" in line for line in log_text)


def test_each_of_several_batches_has_one_name_on_card_log_and_text(browser: Client) -> None:
    run = make_run(at=4)
    for number in (1, 2):
        job = make_sub_job(run, "analysis_batches", "analysis", number=number)
        Event.objects.create(job=job, kind="claimed")
    scan = make_sub_job(run, "stash_scan", "stash_scan", Status.COMPLETED)
    Event.objects.create(job=scan, kind="claimed")
    pages = (browser.get(f"/jobs/{run.pk}/").text, browser.get(f"/jobs/{run.pk}/log").text, text_of(run))
    for page in pages:
        assert "Analysis batch 1" in page and "Analysis batch 2" in page and "Stash scan batch" not in page


def test_every_kind_of_event_of_the_engine_has_its_words() -> None:
    from jobs.models import FINISHED

    assert set(FINISHED) <= log.WORDS.keys()
    assert {f"step_{status}" for status in (*FINISHED, "skipped", "running", "retried")} <= log.WORDS.keys()


def test_a_line_is_shown_although_another_thread_forgets_all_of_them_meanwhile(
    run: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgotten(dict[object, object]):
        def __setitem__(self, key: object, line: object) -> None: ...

    monkeypatch.setattr(tags, "_lines", Forgotten())
    assert "Completed with errors" in tags.log_line(Event.objects.filter(kind="completed_with_errors").get())


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 8), ("level=warning", 3), ("level=error", 1), ("step=stash_scan", 4), ("step=stash_scan&level=warning", 1)],
)
def test_it_is_filtered_by_level_and_step(browser: Client, run: Job, query: str, count: int) -> None:
    assert len(lines(browser.get(f"/jobs/{run.pk}/log?{query}").text)) == count
    assert len(text_of(run, query).splitlines()) == count


def text_of(run: Job, query: str = "") -> str:
    given = dict(one.split("=") for one in query.split("&") if one)

    async def read() -> str:
        return "".join([part async for part in log.text(run, log.LogQuery.parse(given))])

    return async_to_sync(read)()


def test_what_there_is_not_is_refused(browser: Client, run: Job) -> None:
    for query in ("level=great", "before=x"):
        assert browser.get(f"/jobs/{run.pk}/log?{query}").headers["Location"] == f"/jobs/{run.pk}/log"
        assert browser.get(f"/jobs/{run.pk}/log.txt?{query}").status_code == 404
    assert "No such line." in browser.get(f"/jobs/{run.pk}/log?step=nothing").text


def test_long_ones_are_read_page_by_page_and_a_text_in_parts(
    browser: Client, run: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    Event.objects.bulk_create(Event(job=run, kind="log", message=f"Line {number}") for number in range(250))
    seen, address = list[str](), f"/jobs/{run.pk}/log"
    while address:
        page = browser.get(address.replace("&amp;", "&")).text
        seen += re.findall(r">Line (\d+)<", page)
        earlier = re.search(r'href="(\?[^"]*)" rel="next"', page)
        address = f"/jobs/{run.pk}/log{earlier[1]}" if earlier else ""
    assert seen == [str(number) for number in reversed(range(250))]
    monkeypatch.setattr(log, "AT_ONCE", 100)
    assert len(text_of(run).splitlines()) == 258
    monkeypatch.setattr(log, "MOST_LINES", 200)
    assert text_of(run).splitlines()[-1].startswith("… the log goes on")


def test_a_text_has_one_line_for_each_event_and_controls_no_terminal(run: Job) -> None:
    log_text = text_of(run)
    assert "\x1b" not in log_text and "Stash is slow\ufffd[31m\ufffdand odd" in log_text
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+Z]\S* INFO", log_text)


async def test_it_is_sent_as_a_file(run: Job, user: object) -> None:
    from django.test import AsyncClient

    client = AsyncClient()
    await client.aforce_login(user)  # type: ignore[arg-type]
    answer = await client.get(f"/jobs/{run.pk}/log.txt")
    body = b"".join([part async for part in answer.streaming_content]).decode()  # type: ignore[attr-defined]
    assert "attachment" in answer.headers["Content-Disposition"] and "Failed: Night" in body
