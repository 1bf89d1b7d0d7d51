"""A torrent of many files, placed as hard links.

    python -m bench.downloads [--files 500]

The limit is bare: a `link` for each file, and an `fsync` of its folder. Printed are seconds, and seconds of the
processor, of both as JSON. Stash is `bench.write_server`; qBittorrent is the simulator, in this process, and gives the
list of files once.
A database made for the bench, and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("STASHHOG_LOG_LEVEL", "ERROR")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
os.environ["STASHHOG_FIRST_RUN"] = "take"
IN_A_FOLDER = 1000  # files


def bare(sources: list[Path], library: Path) -> None:
    for source in sources:
        folder = library / source.parent.name
        folder.mkdir(exist_ok=True)
        os.link(source, folder / source.name)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)


def placed(files: int) -> None:
    from jobs import testing
    from scenes.models import PlacedFile

    job = testing.run("process_downloads")
    assert job.status == "completed", (job.status, job.error_message)
    assert PlacedFile.objects.filter(code="linked").count() == files


def measured(files: int, folder: Path) -> dict[str, float]:
    from bench.changes import measure
    from bench.servers import write_server
    from jobs.worker import cluster
    from scenes.configuration.saving import save
    from scenes.simulators.qbittorrent import NewFile, running_qbittorrent

    library, bare_library = folder / "library", folder / "bare"
    library.mkdir()
    bare_library.mkdir()
    with running_qbittorrent(folder / "downloads") as qbittorrent, write_server(0, "--library", str(library)) as stash:
        given = {
            "stash_url": stash,
            "qbittorrent_url": qbittorrent.url,
            "qbittorrent_username": qbittorrent.username,
            "qbittorrent_password": qbittorrent.password,
            "library_path": str(library),
        }
        save(given, None)
        names = [f"Collection/{number // IN_A_FOLDER}/{number}.mp4" for number in range(files)]
        qbittorrent.add_torrent("Collection", [NewFile(name, 1000 + number) for number, name in enumerate(names)])
        cluster.preload()  # as in a worker
        took = measure("bare", lambda: bare([folder / "downloads" / name for name in names], bare_library))
        return took | measure("placed", lambda: placed(files))


def main(files: int) -> dict[str, float]:
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            return measured(files, Path(folder))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="A torrent of many files.")
    command_line.add_argument("--files", type=int, default=500)
    json.dump(main(command_line.parse_args().files), sys.stdout)
