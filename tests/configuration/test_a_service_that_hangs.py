"""A connection test ends in time, whatever the service does."""

from __future__ import annotations

import time

import pytest

from scenes.configuration.saving import save
from scenes.probes import limits
from tests.clients.fakes import HANG, serving
from tests.configuration.test_connections_are_tested import result_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("service", ["stash", "qbittorrent", "tagger"])
def test_a_service_that_hangs_or_is_not_there_is_given_up_in_time(
    capsys: pytest.CaptureFixture[str], service: str
) -> None:
    with serving(lambda request: HANG) as hanging:
        save({f"{service}_url": hanging.url, "qbittorrent_password": "x"})
        begin = time.monotonic()
        result = result_of(capsys, service)
        assert time.monotonic() - begin < limits.LONGEST + 5
        assert (result["ok"], result["code"]) == (False, "timeout")
    save({f"{service}_url": "http://127.0.0.1:9"})
    assert result_of(capsys, service)["code"] == "unreachable"
