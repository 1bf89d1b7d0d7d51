"""Stash, or a proxy before it, answers with something else than it should: said in a sentence, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Status
from tests.outages.world import World, errors_of, log_of, statuses_of

pytestmark = pytest.mark.one_database

DONE, BAD, FAILED, SKIPPED, PENDING = "completed", "completed_with_errors", "failed", "skipped", "pending"
REFUSED = {
    "process_downloads": [FAILED, *[PENDING] * 5],
    "decide incremental_sync": [DONE, DONE, FAILED, SKIPPED, DONE, FAILED],
    "apply_plan": [DONE, DONE, DONE, BAD, FAILED, FAILED],
}


def change_key(world: World) -> None:
    world.stash.simulator.settings.api_key = "a-new-key-that-we-don't-have"


@pytest.mark.parametrize("moment", REFUSED)
def test_a_wrong_key_is_not_tried_again_and_says_where_the_right_one_is(world: World, moment: str) -> None:
    world.stash.simulator.settings.api_key = "our-key"
    world.configure(stash_api_key="our-key")
    world.at(moment, lambda: change_key(world))
    job = world.run()
    assert statuses_of(job) == REFUSED[moment], log_of(job)
    assert "retried" not in log_of(job), "a permanent error was tried again by itself"
    assert errors_of(job)
    for error in errors_of(job):
        assert error["code"] in ("unauthorized", "library_unconfirmed")
        assert "Stash: refuses our key (401). Copy the API key from Stash (Settings, Security)" in error["message"]
    world.stash.simulator.settings.api_key = "our-key"
    world.next_run_makes_it_good()


def test_a_stash_that_does_not_know_a_question_is_too_old_or_too_new(world: World) -> None:
    unknown = (
        '{"errors": [{"message": "Cannot query field scan", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}'
    )
    world.stash.fault("http_422", "Scan", times=None, message=unknown)
    job = world.run()
    assert statuses_of(job) == [DONE, FAILED, SKIPPED, SKIPPED, DONE, SKIPPED], log_of(job)
    (error,) = errors_of(job)
    assert error["code"] == "invalid_query"
    assert "Cannot query field" in error["message"] and "too old or too new" in error["message"]
    assert job.sub_jobs.get(type="stash_scan").attempt == 1
    world.stash.clear_faults()
    world.next_run_makes_it_good()


# What passes: tried again, and the run completes.


def locked(world: World) -> None:
    for operation in ("Libraries", "metadataScan", "EachSceneByPath", "ScenePage", "CreateTag", "EachMarkerCreate"):
        world.stash.fault("resolver_error", operation, message="database is locked")


def bad_gateway(world: World) -> None:
    page = "<html><body><h1>502 Bad Gateway</h1>nginx</body></html>"
    for operation in ("metadataScan", "ScenePage", "EachBulkSceneUpdate", "metadataGenerate"):
        world.stash.fault("http_502", operation, message=page)


def page_of_a_proxy(world: World) -> None:
    for operation in ("findJob", "ScenePage", "SceneStates", "metadataGenerate"):
        world.stash.fault("not_json", operation)


def lost_answers(world: World) -> None:
    """The work is done and its answer lost."""
    for operation in ("metadataScan", "CreateTag", "EachBulkSceneUpdate", "EachMarkerCreate", "metadataGenerate"):
        world.stash.fault("reset", operation)


def cut_answers(world: World) -> None:
    for operation in ("ScenePage", "EachMarkerCreate", "ScenesById"):
        world.stash.fault("truncated", operation)


@pytest.mark.parametrize("trouble", [locked, bad_gateway, page_of_a_proxy, lost_answers, cut_answers])
def test_what_passes_is_tried_again_and_done_once(world: World, trouble: Callable[[World], None]) -> None:
    trouble(world)
    job = world.run(max_attempts=6, retry_delay=0.01)
    assert not world.stash.simulator.faults.armed, "not every fault was met"
    assert job.status == Status.COMPLETED, log_of(job)
    assert "retried" in log_of(job)
    assert "<html>" not in log_of(job)
    world.nothing_is_lost()


def test_a_bad_gateway_says_whose_log_tells_more(world: World) -> None:
    world.stash.fault("http_502", "metadataScan", times=None, message="<html>Bad Gateway</html>")
    job = world.run(max_attempts=1)
    error = next(error for error in errors_of(job) if error["code"] == "server_error")
    assert error["message"] == "Stash: failed with status 502. Look into the log of Stash, or of the proxy before it."


def test_a_redirect_to_a_login_page_is_not_followed_and_said_at_once(world: World) -> None:
    world.stash.fault("http_302", "Libraries", times=None)
    job = world.run()
    assert statuses_of(job) == REFUSED["process_downloads"]
    assert "Stash: answers with a redirect" in job.error_message and "settings" in job.error_message
    assert not world.stash.asked("/login")
    world.stash.clear_faults()
    world.next_run_makes_it_good()


def test_a_stash_that_is_not_set_up_says_so(world: World) -> None:
    world.stash.simulator.settings.status = "SETUP"
    job = world.run()
    assert (job.status, job.error_code) == (Status.FAILED, "library_unconfirmed")
    assert "Stash: is not set up yet. Open http" in job.error_message
    world.stash.simulator.settings.status = "OK"
    world.next_run_makes_it_good()
