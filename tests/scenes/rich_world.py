"""Downloads of every kind, some from before, and what all of it looks like: disk, services and tables."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.apps import apps

from scenes.downloads.results import PLACED
from scenes.models import Download, DryRunItem, PlacedFile
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import Place

GONE = 5  # torrents of before that left qBittorrent


def fill(place: Place, elsewhere: Path | None = None) -> None:
    """``elsewhere``: a folder on another file system."""
    before(place)
    now(place)
    if elsewhere is not None:
        place.add("Far", ["Far/far.mp4", "Far/far.srt"], save_path=elsewhere)


def before(place: Place) -> None:
    """What earlier runs left: placed, failed, quarantined, left out, waiting and gone torrents."""
    place.configure(link_mode="hardlink", qbittorrent_handled_tag="", cleanup="keep", max_item_attempts=2)
    place.add("Old", ["Old/old.mp4", "Old/old.srt"])
    place.add("Packed before", {"Packed before/film.rar": 5000, "Packed before/film.r00": 5000})
    lost = place.add("Lost", ["Lost/lost.mp4"])
    wrong = place.add("Quarantined", ["Quarantined/q.mp4", "Quarantined/fine.mp4"])
    (place.downloads / "Quarantined/q.mp4").write_bytes(b"x" * 3000)
    gone = place.add("Gone", ["Gone/gone.mp4"])
    (place.downloads / "Gone/gone.mp4").unlink()
    (place.downloads / "Lost/lost.mp4").unlink()
    place.add("Moved since", ["Moved since/m.mp4"], state="moving")
    place.run()
    place.run()
    assert PlacedFile.objects.get(name="Quarantined/q.mp4").is_quarantined
    # Its row is as a process left it that died before it said that the file was placed.
    died = place.add("Died", ["Died/d.mp4"])
    place.run()
    PlacedFile.objects.filter(name="Died/d.mp4").update(
        outcome="new", code="", message="", placed_at=None, placed_by=None
    )
    Download.objects.filter(hash=died.hash).update(outcome="new", code="", message="")
    once = place.add("Failed once", ["Failed once/f.mp4"])
    (place.downloads / "Failed once/f.mp4").write_bytes(b"y" * 2000)
    place.run()
    place.qbittorrent.server.call(lambda: place.qbittorrent.store.torrents.pop(gone.hash))
    assert lost and wrong and once


def now(place: Place) -> None:
    """What came since."""
    place.qbittorrent.change_torrent(Download.objects.get(name="Moved since").hash, state="stalledUP")
    place.add("One", ["One/a.mp4", "One/a.en.srt", "One/readme.nfo", "One/what.xyz"])
    place.add("Same name", {"One/a.mp4": 2000}, save_path=place.downloads / "two")
    seed = place.downloads / "One/a.mp4"
    place.qbittorrent.add_torrent("Cross seed", [NewFile("Cross/b.mp4", seed)], place.downloads / "three")
    place.qbittorrent.add_torrent("Copied seed", [NewFile("Copied/c.mp4", None)], place.downloads / "four") if copied(
        seed, place.downloads / "four/Copied/c.mp4"
    ) else None
    place.qbittorrent.add_torrent(
        "Old again", [NewFile("Again/o.mp4", place.downloads / "Old/old.mp4")], place.downloads / "five"
    )
    place.add("Packed", {"Packed/film.rar": 5000, "Packed/film.r00": 5000, "Packed/sample.mp4": 100})
    place.add("Climbs", ["Climbs/x/../../../evil.mp4"])
    place.add("Empty part", ["Empty//x.mp4"])
    place.add("Missing", ["Missing/m.mp4", "Missing/m.srt"])
    (place.downloads / "Missing/m.mp4").unlink()
    place.add("Arriving", ["Arriving/part.mp4"])
    (place.downloads / "Arriving/part.mp4").write_bytes(b"1")
    place.add("Wrong", ["Wrong/w.mp4"])
    (place.downloads / "Wrong/w.mp4").write_bytes(b"1" * 4000)
    for state in ("moving", "checkingUP", "missingFiles", "error", "strangeUP"):
        place.add(f"In {state}", [f"{state}/s.mp4"], state=state)
    place.qbittorrent.add_torrent(
        "Chosen", [NewFile("Chosen/yes.mp4", 3000), NewFile("Chosen/no.mp4", 3000, priority=0)], place.downloads
    )
    place.add("With sample", {"With/film.mp4": 9000, "With/sample.mp4": 100, "With/film.jpg": 10})
    place.add("Several", [f"Several {number}.mp4" for number in range(3)])
    place.add("Ünïcode\U0001f600", ["Ünïcode\U0001f600/ü.mp4"])
    place.add("Disc", ["Disc/VIDEO_TS/VTS_01_1.VOB", "Disc/VIDEO_TS/VIDEO_TS.IFO"])
    place.add("In the way", ["blocked/x.mp4"])
    (place.library / "blocked").write_text("a file where a folder has to be")
    place.add("Taken", {"taken.mp4": 500})
    (place.library / "taken.mp4").write_text("somebody's")
    place.add("Left out", ["Left out/l.mp4"], category="other")
    link = place.downloads / "Linked/out.mp4"
    place.add("Linked", ["Linked/out.mp4"])
    link.unlink()
    link.symlink_to("/etc/hostname")


def copied(source: Path, target: Path) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return True


# --- What it looks like ---


def on_disk(*folders: Path) -> dict[str, tuple[int, ...]]:
    """Everything in the folders, with all that a write would change."""
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    found = {path: os.lstat(path) for path in paths}
    return {
        str(path): (it.st_ino, it.st_mode, it.st_nlink, it.st_size, it.st_mtime_ns, it.st_ctime_ns)
        for path, it in found.items()
    }


def in_tables() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, without those of jobs, of the queue and of reports."""
    models = [model for model in apps.get_models(include_auto_created=True) if model is not DryRunItem]
    return {
        model._meta.label: sorted(model._default_manager.values(), key=repr)
        for model in models
        if model._meta.app_label not in ("jobs", "django_q", "sessions")
    }


def in_services(place: Place) -> tuple[Any, Any, Any]:
    """Torrents of qBittorrent; Stash's library, and its jobs."""
    torrents = place.qbittorrent.server.call(lambda: deepcopy(place.qbittorrent.store.torrents))
    jobs = [
        entry.operation for entry in place.stash.requests if entry.operation in ("metadataScan", "metadataGenerate")
    ]
    return torrents, place.stash.dump(), jobs


def rows_of_job(job_id: Any) -> dict[tuple[str, str], tuple[str, str, str]]:
    """By torrent and file (the torrent itself: ""): outcome, code and target, of all that the job wrote."""
    torrents = Download.objects.filter(job=job_id)
    files = PlacedFile.objects.filter(job=job_id).select_related("download")
    found = {(row.name, ""): (row.outcome, row.code, "") for row in torrents}
    return found | {(row.download.name, row.name): (row.outcome, row.code, row.target) for row in files}


def rows_of_report(step: str = "process_downloads") -> dict[tuple[str, str], tuple[str, str, str]]:
    """The same, as the report has it."""
    items = list(DryRunItem.objects.filter(step=step))
    names = {item.key: item.name for item in items if item.kind == "torrent"}
    names |= dict(Download.objects.values_list("hash", "name"))
    torrents = {(it.name, ""): (it.outcome, it.code, "") for it in items if it.kind == "torrent" and not it.action}
    files = [it for it in items if it.kind == "file"]
    return torrents | {(names[it.key], it.name): (it.outcome, it.code, it.target) for it in files}


def actions_of_report() -> dict[tuple[str, str], str]:
    """By torrent's hash and file: link, copy or move."""
    items = DryRunItem.objects.filter(step="process_downloads", kind="file").exclude(action="")
    return {(item.key, item.name): item.action for item in items}


def actions_of_job(job_id: Any) -> dict[tuple[str, str], str]:
    verbs = dict(zip(PLACED, ("link", "copy", "move"), strict=True))
    files = PlacedFile.objects.filter(placed_by=job_id).select_related("download")
    return {(row.download.hash, row.name): verbs[row.code] for row in files}
