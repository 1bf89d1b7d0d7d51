"""With STASHHOG_LOG_FORMAT=json each line is an object that says of which run, step and job it is."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from honcho.printer import Message

from jobs import engine, testing
from jobs.engine import error_boundary
from jobs.log_ids import at_work
from jobs.waiting import Waiter
from scenes.configuration.saving import save
from stashhog.log_formats import json_lines
from stashhog.ops.together import JsonPrinter, OutputStream
from tests.processes import ROOT, environment
from tests.web.factories import make_job, make_run, make_sub_job, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
LOGGER = "app.jobs.process_new_scenes_job"


class Log(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """What goes to stderr, with the handler and filters of the settings."""
    handler = next(one for one in logging.getLogger().handlers if one.name == "console")
    assert isinstance(handler, logging.StreamHandler)
    stream, formatter = Log(), handler.formatter
    before = handler.setStream(stream)
    handler.setFormatter(json_lines())
    yield stream
    handler.setStream(before)
    handler.setFormatter(formatter)


def test_each_transition_is_an_object_with_its_ids(log: Log) -> None:
    job = testing.run("sync")
    lines = [line for line in log.lines if line["logger"] == LOGGER]
    assert [line["message"].split()[0].rstrip(":") for line in lines] == ["started", "claimed", "failed"]
    for line in lines:
        assert line.keys() == {"time", "level", "logger", "message", "run", "job"}
        assert (line["run"], line["job"]) == (str(job.pk), str(job.pk))
    assert lines[-1]["level"] == "WARNING"
    assert datetime.fromisoformat(lines[0]["time"]).utcoffset() is not None


def test_whatever_is_logged_while_a_job_is_at_work_is_about_it_in_its_calls_too(log: Log) -> None:
    run = make_run()
    job = make_sub_job(run, "stash_scan", "stash_scan")
    logger = logging.getLogger("some.client")
    with at_work(job):
        logger.warning("here")
        Waiter().read(lambda: logger.warning("in a call"), 5)
    logger.warning("after it")
    here, call, after = log.lines
    ids = {"run": str(run.pk), "step": "stash_scan", "job": str(job.pk)}
    assert {name: here[name] for name in ids} == ids == {name: call[name] for name in ids}
    assert not ids.keys() & after.keys()


def test_a_worker_sets_the_ids_for_what_its_job_does(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*args: Any, **options: Any) -> None:
        logging.getLogger("some.client").warning("asked")

    monkeypatch.setattr("scenes.services.stash", ask)
    job = testing.run("sync")
    (line,) = [line for line in log.lines if line["logger"] == "some.client"]
    assert (line["run"], line["job"]) == (str(job.pk), str(job.pk))


def test_an_exception_is_one_line(log: Log) -> None:
    job = make_job()
    error_boundary.catch_errors(lambda: 1 / 0, job)
    (line,) = log.lines
    assert "ZeroDivisionError" in line["exception"] and "\n" in line["exception"] and line["level"] == "ERROR"


def test_a_refusal_has_no_traceback_and_no_request(log: Log) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    client.get("/jobs/", headers={"host": "planted.example"})
    (line,) = log.lines
    assert line.keys() == {"time", "level", "logger", "message"}


def test_a_long_line_stays_whole(log: Log) -> None:
    logging.getLogger("x").warning("begin" + "\n\u2028 long" * 9000 + "end")
    assert len(log.getvalue()) < 10_000 and log.lines[0]["message"].endswith("end")


def test_no_secret_is_in_it(log: Log) -> None:
    save({"stash_url": "http://me:planted-secret@127.0.0.1:9", "stash_api_key": "planted-secret"})
    testing.run("sync")
    engine.start("stash_scan", {}, source="test")
    assert log.lines and "planted-secret" not in log.getvalue()


def test_make_run_passes_objects_on_and_makes_one_of_what_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    output = OutputStream(sys.__stdout__, gone=lambda: None)  # type: ignore[arg-type]
    printer = JsonPrinter(output)
    for data in (b'{"message": "x"}\n', "worker started (pid=1)"):
        printer.write(Message("line", data, datetime.now(), "system", None))
    output.finish()
    passed, made = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert (
        passed == {"message": "x"} and made["message"] == "worker started (pid=1)" and made["logger"] == "output.system"
    )


@pytest.mark.acceptance
def test_the_setting_chooses_it_for_a_process(tmp_path: Any) -> None:
    code = "import django, logging; django.setup(); logging.getLogger('x').warning('said')"
    for chosen in ("json", "text", "xml"):
        settings = {"STASHHOG_LOG_FORMAT": chosen, "DJANGO_SETTINGS_MODULE": "stashhog.settings"}
        env, command = {**os.environ, **environment(), **settings}, [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
        if chosen == "json":
            assert json.loads(done.stderr)["message"] == "said"
        elif chosen == "text":
            assert done.stderr.endswith(" WARNING x: said\n")
        else:
            assert done.returncode and "STASHHOG_LOG_FORMAT" in done.stderr
