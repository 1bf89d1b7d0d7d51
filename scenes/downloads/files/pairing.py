"""Which subtitles and scripts go with which video, by their names: `film.en.srt` and `film.mp4.srt` with `film.mp4`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import product
from pathlib import Path, PurePosixPath

COVER = re.compile(r"(cover|folder|poster)\.\w+", re.IGNORECASE)  # of a whole folder, by name


def pairs(sidecars: Collection[str], videos: Sequence[str]) -> dict[str, str]:
    """By the sidecar's name: the name of its video. Of several with its stem in its folder the first one.

    In another folder, only when no other video of the torrent has that stem.
    """
    found: dict[str, str] = {}
    places: set[Path] = set()
    by_key = videos_by_key(videos)
    for name in sorted(sidecars, key=lambda name: (_beside(name, by_key) is None, name)):
        video = _beside(name, by_key) or elsewhere(name, by_key)
        if video is None:
            continue
        place = beside(name, video, Path(video))
        if place not in places:
            places.add(place)
            found[name] = video
    return found


def videos_by_key(videos: Sequence[str]) -> dict[str, list[str]]:
    """The videos with each stem or whole file name; ``folder/stem`` are those in that folder, ``stem`` all of them."""
    found: dict[str, list[str]] = {}
    for video in videos:
        path = PurePosixPath(_whole(video))
        for key in dict.fromkeys((*_forms(path.name), *_forms(path.stem))):
            found.setdefault(key, []).append(video)
            found.setdefault(f"{path.parent}/{key}", []).append(video)
        found.setdefault(f"{path.parent}/", []).append(video)
    return found


def _beside(name: str, videos: dict[str, list[str]]) -> str | None:
    folder = PurePosixPath(name).parent
    keys = [f"{folder}/{key}" for key in _keys(name)]
    if COVER.fullmatch(PurePosixPath(name).name):
        keys.append(f"{folder}/")
    return next((videos[key][0] for key in keys if key in videos), None)


def elsewhere(name: str, videos: dict[str, list[str]]) -> str | None:
    """The only video of the torrent that its name fits."""
    found: list[str] = next((videos[key] for key in _keys(name) if key in videos), [])
    return found[0] if len(found) == 1 else None


def _keys(name: str) -> Iterator[str]:
    """What the video may be called, longest first: of ``film.en.srt`` these are ``film.en`` and ``film``."""
    key = PurePosixPath(_whole(name)).name
    while key := key.rpartition(".")[0]:
        yield from _forms(key)


def _forms(key: str) -> tuple[str, str]:
    """As it is, and with its umlauts and accents in one of their two forms: programs on macOS write the other one."""
    return key, f"\0{_composed(key)}"


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


FORMS: tuple[Callable[[str], str], ...] = (str, _composed)


def _whole(name: str) -> str:
    return name.removesuffix(".!qB")


def beside(name: str, video: str, place: Path) -> Path:
    """Where the sidecar goes when its ``video`` is at ``place``. Names are those of the torrent's file list."""
    own, whole = PurePosixPath(_whole(name)).name, PurePosixPath(_whole(video))
    names = ((whole.name, place.name), (whole.stem, place.stem))
    for (key, becomes), form in product(names, FORMS):
        if form(own).startswith(f"{form(key)}."):
            return place.with_name(becomes + form(own).removeprefix(form(key)))
    return place.with_name(own)  # a cover
