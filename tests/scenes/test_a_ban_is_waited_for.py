"""qBittorrent bans an address for an hour, in which each login counts: none is tried, but by a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Status
from jobs.texts.times import here
from jobs.texts.translatable import Translatable, translated
from scenes import configuration
from scenes.configuration.saving import save
from scenes.first_run import looking
from scenes.models import RefusedLogin
from scenes.probes import running
from scenes.probes.results import ProbeResult
from stashhog.ops.doctor.services import of_services
from stashhog.ops.notifications import rounds
from tests.scenes.placing import Place

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def banned(place: Place) -> Place:
    """By somebody else's five failures, as behind Docker's network, and a run has found it out."""
    ban(place)
    assert place.run().error_code == "banned"
    assert (failures(place), place.logins()) == (6, 1)
    return place


def ban(place: Place) -> None:
    for _ in range(5):
        place.qbittorrent.server.call(place.qbittorrent.login.attempt, "127.0.0.1", "admin", "no")


def failures(place: Place) -> int:
    held = place.qbittorrent.login.addresses.get("127.0.0.1")
    return held.failures if held else 0


def lift(place: Place) -> None:
    """As a restart of qBittorrent does."""
    place.qbittorrent.server.call(place.qbittorrent.login.forget)


def an_hour_later(place: Place) -> None:
    place.qbittorrent.pass_time(3601)
    RefusedLogin.objects.update(banned_until=timezone.now() - timedelta(seconds=1))


def probe_all() -> ProbeResult:
    return next(one for one in running.probe_all(configuration.current()) if one.service == "qbittorrent")


def test_no_run_and_no_look_by_itself_tries_a_login(banned: Place) -> None:
    for _ in range(3):
        job = banned.run()
        assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "banned", 1)
        assert probe_all().code == "banned"
        rounds.observe_all()
        looking.look()
    assert (failures(banned), banned.logins()) == (6, 1)


def test_jobs_pages_and_the_doctor_say_until_when(banned: Place, admin_client: Client) -> None:
    until = RefusedLogin.objects.get().banned_until
    assert until and timedelta(minutes=59) < until - timezone.now() <= timedelta(hours=1)
    text = f"No login is tried before {translated(Translatable.at(until))}, unless"
    assert text in banned.run().error_message
    assert text in next(one.text for one in of_services(configuration.current()) if "qBittorrent" in one.text)
    element = f"No login is tried before {here(until)}, unless"
    assert element in admin_client.get("/services").text
    assert element in admin_client.get("/needs/").text
    assert banned.logins() == 1


def test_a_ban_found_by_a_connection_test_is_remembered_for_the_runs(place: Place) -> None:
    ban(place)
    assert running.probe("qbittorrent", configuration.current()).code == "banned"
    assert place.run().error_code == "banned" and place.logins() == 1


def test_what_needs_a_person_says_that_it_is_a_ban(banned: Place, admin_client: Client) -> None:
    page = admin_client.get("/needs/").text
    assert "has banned StashHog&#x27;s address" in page and "Correct user name and password" not in page


def test_a_host_whose_clock_is_behind_waits_too(banned: Place) -> None:
    RefusedLogin.objects.update(banned_until=timezone.now() + timedelta(hours=1, minutes=4))
    assert banned.run().error_code == "banned" and banned.logins() == 1


def test_after_an_hour_the_next_run_logs_in(banned: Place, admin_client: Client) -> None:
    an_hour_later(banned)
    assert "No login is tried" not in admin_client.get("/needs/").text
    assert banned.run().status == Status.COMPLETED and banned.logins() == 2


def test_one_that_lasts_longer_is_waited_for_once_more(banned: Place) -> None:
    RefusedLogin.objects.update(banned_until=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        assert banned.run().error_code == "banned"
    assert banned.logins() == 2 and RefusedLogin.objects.in_force().count() == 1


def test_a_person_who_tests_the_connection_ends_it_at_once(banned: Place) -> None:
    config = configuration.current()
    assert running.probe("qbittorrent", config).code == "banned" and failures(banned) == 7
    lift(banned)
    assert running.probe("qbittorrent", config).code == "ok"
    assert banned.run().status == Status.COMPLETED


def test_so_does_one_who_has_it_tried_again(banned: Place, admin_client: Client) -> None:
    lift(banned)
    admin_client.post("/needs/act", {"forget-login": str(RefusedLogin.objects.get().pk)})
    assert banned.run().status == Status.COMPLETED


def test_and_one_who_changes_the_login(banned: Place) -> None:
    lift(banned)
    banned.configure(qbittorrent_password="another")
    assert banned.run().error_code == "login_refused"
    save({"qbittorrent_username": "admin"})
    assert not RefusedLogin.objects.exists()


def test_a_clock_that_was_ahead_makes_it_no_longer(banned: Place) -> None:
    RefusedLogin.objects.update(banned_until=timezone.now() + timedelta(days=3))
    lift(banned)
    assert banned.run().status == Status.COMPLETED
