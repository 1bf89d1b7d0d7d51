"""A film whose copy has many pieces, between which a test can do something."""

from __future__ import annotations

import shutil

from scenes.downloads.files.copying import CHUNK
from tests.faults.case import Case

LONG = "Long.mp4"
PIECES = 48


def add_long_film(case: Case) -> None:
    """A finished torrent of a film with many zeros behind it, which take no room on the disk."""
    film = case.downloads / LONG
    shutil.copy(case.services.pool / "Harbour.mp4", film)
    with film.open("r+b") as file:
        file.truncate(PIECES * CHUNK)
    case.services.add_torrent(LONG, [LONG], case.downloads)
