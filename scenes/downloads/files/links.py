"""Symbolic links among the files of a torrent: a seedbox or a tool for cross-seeding may put them there."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.texts.translatable import Translatable as _
from scenes.clients.qbittorrent.client import Torrent
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.bursts.memo import Memo
from scenes.downloads.files.sources import source_path
from scenes.downloads.results import Result
from scenes.downloads.torrents.filtering import passes
from scenes.models import Outcome, PlacedFile


def result_of_link(context: ProcessingContext, row: PlacedFile, memo: Memo) -> Result | None:
    """How a link ends that is not placed: it leads to another torrent's file, or out of the folder of its torrent.

    None for a file, for a broken link, and for one that stays in the torrent's save folder.
    """
    folder, real = memo.real_folder(row.save_folder), memo.real_path(Path(row.source))
    if real == folder / row.name or not os.path.lexists(real):
        return None
    if other := owner_of(context, real, but=row.download.hash):
        text = _("It is a link to {path}, a file of the torrent “{name}”", path=real, name=other.name)
        if passes(other, context.config):
            return Result(Outcome.DONE, "already_there", _("{link}, and placed from there.", link=text))
        text = _("{link}, which the filter in the settings leaves out. So it is not placed.", link=text)
        return Result(Outcome.NOT_WANTED, "already_there", text)
    if real.is_relative_to(folder):
        return None
    message = _(
        "“{name}” is a link to {real}, outside of the torrent's folder, so it is not placed. Put the "
        "file itself there and release it, or deselect it in qBittorrent.",
        name=row.name,
        real=real,
    )
    return Result(Outcome.QUARANTINED, "unsafe_path", message)


def owner_of(context: ProcessingContext, real: Path, *, but: str) -> Torrent | None:
    """Another torrent that lists this very file, and not only a link to it."""
    for torrent in context.client.torrents():
        if torrent.hash == but or not context.sharing.has_any(torrent, {real}):
            continue
        folder = Path(os.path.realpath(source_path(context.config.path_map, torrent.save_path, "")))
        if any(folder / file.name == real for file in context.client.files(torrent.hash)):
            return torrent
    return None
