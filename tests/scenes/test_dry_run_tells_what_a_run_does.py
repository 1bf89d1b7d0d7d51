"""The report of a dry run is what the run after it does; and the dry run itself writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.models import Job, Status
from scenes.models import DryRunItem, Scan
from tests.scenes import rich_world
from tests.scenes.placing import Place

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS: dict[str, dict[str, Any]] = {
    "hardlink": {"link_mode": "hardlink"},
    "hardlink_or_copy": {"link_mode": "hardlink_or_copy", "qbittorrent_handled_tag": "done"},
    "copy": {"link_mode": "copy", "cleanup": "remove_torrent_and_files"},
    "move": {"link_mode": "move"},
    "folders": {"link_mode": "hardlink", "torrent_folder": "always", "cleanup": "remove_torrent"},
    "filtered": {"link_mode": "hardlink", "qbittorrent_category": "other"},
    "clean": {"link_mode": "hardlink", "cleanup": "remove_torrent_and_files", "qbittorrent_handled_tag": "done"},
}


def dry_run(**params: Any) -> Job:
    return testing.run("process_new_scenes", dry_run=True, max_attempts=1, **params)


def tags_and_hashes(place: Place) -> tuple[set[str], set[str]]:
    torrents = place.qbittorrent.store.torrents
    return {key for key, one in torrents.items() if "done" in one.tags}, set(torrents)


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_is_written_and_the_next_run_does_what_was_told(place: Place, elsewhere: Path, name: str) -> None:
    rich_world.fill(place, elsewhere)
    place.configure(**SETTINGS[name])
    folders = (place.downloads, place.library, elsewhere)
    before = rich_world.on_disk(*folders), rich_world.in_tables(), rich_world.in_services(place)
    tagged, listed = tags_and_hashes(place)
    job = dry_run()
    assert job.steps.get(key="process_downloads").status == Status.COMPLETED, job.message
    after = rich_world.on_disk(*folders), rich_world.in_tables(), rich_world.in_services(place)
    assert after == before
    reported, actions = rich_world.rows_of_report(), rich_world.actions_of_report()
    scans = set(DryRunItem.objects.filter(step="stash_scan", action="scan").values_list("target", flat=True))
    in_client = {
        action: set(DryRunItem.objects.filter(action=action).values_list("key", flat=True))
        for action in ("tag", "remove", "delete")
    }
    assert name == "filtered" or len({code for _, code, _ in reported.values()}) > 17, "the world is not rich"
    real = place.run()
    assert reported == rich_world.rows_of_job(real.pk)
    assert actions == rich_world.actions_of_job(real.pk) and actions
    assert scans == set(Scan.objects.due().values_list("file__target", flat=True))
    tagged_now, listed_now = tags_and_hashes(place)
    assert in_client["tag"] & listed_now == tagged_now - tagged
    assert bool(in_client["tag"]) == bool(SETTINGS[name].get("qbittorrent_handled_tag"))
    moved = {key for (key, _), action in actions.items() if action == "move"}
    assert in_client["remove"] | in_client["delete"] == listed - listed_now, "those that are moved, too"
    assert moved <= in_client["remove"]
