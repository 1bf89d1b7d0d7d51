"""Reads a .torrent file (BEP 3): its name, its files and its hash."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

Decoded = Any  # bencoding knows int, bytes, list and dict


@dataclass(frozen=True)
class TorrentMetadata:
    name: str
    hash: str
    files: list[tuple[str, int]]  # relative name as in torrents/files, size in bytes
    single: bool  # one file, without a folder

    def laid_out(self, layout: str) -> list[tuple[str, int]]:
        """The files as that content layout has them: `NoSubfolder`, `Subfolder`, else as in the torrent."""
        if layout == "NoSubfolder" and not self.single:
            return [(name.partition("/")[2], size) for name, size in self.files]
        if layout == "Subfolder" and self.single:
            return [(f"{PurePath(name).stem}/{name}", size) for name, size in self.files]
        return self.files


def read_torrent(content: bytes) -> TorrentMetadata:
    """ValueError if it is none. Padding files (BEP 47) are left out, as qBittorrent does."""
    try:
        info_start, info_end, info = read_info(content)
        name = info[b"name"].decode()
        if b"files" not in info:
            files = [(name, info[b"length"])]
        else:
            files = [
                ("/".join([name, *(part.decode() for part in file[b"path"])]), file[b"length"])
                for file in info[b"files"]
                if b"p" not in file.get(b"attr", b"")
            ]
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("not a torrent file") from error
    digest = hashlib.sha1(content[info_start:info_end]).hexdigest()
    return TorrentMetadata(name, digest, files, single=b"files" not in info)


def read_info(content: bytes) -> tuple[int, int, dict[bytes, Decoded]]:
    """Where the dictionary `info` begins and ends, and what is in it. ValueError if there is none."""
    if content[:1] != b"d":
        raise ValueError("not a torrent file")
    at = 1
    while content[at : at + 1] != b"e":
        key, start = _decode(content, at)
        value, at = _decode(content, start)
        if key == b"info":
            return start, at, value
    raise ValueError("a torrent file without info")


def _decode(content: bytes, at: int) -> tuple[Decoded, int]:
    """The value that begins at `at`, and where the next one does."""
    kind = content[at : at + 1]
    if kind == b"i":
        end = content.index(b"e", at)
        return int(content[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        values: list[Decoded] = []
        at += 1
        while content[at] != ord("e"):
            value, at = _decode(content, at)
            values.append(value)
        return (values if kind == b"l" else dict(zip(values[::2], values[1::2], strict=True))), at + 1
    colon = content.index(b":", at)
    end = colon + 1 + int(content[at:colon])
    return content[colon + 1 : end], end
