"""The folder in the library for a torrent that has none of its own: its name, made safe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from scenes.downloads.files.sharing import have_root

MAX_NAME = 200  # bytes: leaves room for a number
# What some file system or share does not take in a name; qBittorrent replaces the same.
UNSAFE = re.compile(r'[\\/:?"*<>|\x00-\x1f\x7f]+')
# A stem that does not say which film it is: a number, a resolution, a disc, or a word for any video.
UNCLEAR = re.compile(
    r"(\d+|\d{3,4}[ip]\d*|[248]k|[hs]d|[fu]hd|vr|vts(_\d+)*|cd ?\d+|dis[ck] ?\d+|part ?\d+|title ?\d*|"
    r"(video|movie|film|clip|scene|main|full|download|output|stream|record(ing)?|untitled|unknown|sample)s?[ _.-]*\d*)",
    re.IGNORECASE,
)


def folder_for(torrent_name: str, names: Sequence[str], when: str) -> str:
    """The folder for a torrent of these files; empty for none. ``when``: the setting `torrent_folder`."""
    if when == "never" or not names or have_root(names):
        return ""
    if len(names) > 1:
        return safe_name(torrent_name)
    file = PurePosixPath(names[0])
    if when == "several" or (when != "always" and not UNCLEAR.fullmatch(file.stem)):
        return ""
    folder = safe_name(torrent_name.removesuffix(file.suffix))
    return "" if when != "always" and UNCLEAR.fullmatch(folder) else folder


def safe_name(name: str) -> str:
    """A name that every file system takes for a folder; empty when nothing of it is left."""
    text = " ".join(UNSAFE.sub(" ", name.encode("utf-8", "replace").decode()).split())
    # No dots at the end, since Windows drops them; nor in front, since such a folder is hidden, or leads elsewhere.
    return text.encode()[:MAX_NAME].decode("utf-8", "ignore").strip(" .")
