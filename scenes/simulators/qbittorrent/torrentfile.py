"""Reads a .torrent file (BEP 3): its name, its files and its hash."""

import hashlib
from dataclasses import dataclass
from typing import Any

Decoded = Any  # bencoding knows int, bytes, list and dict


@dataclass(frozen=True)
class TorrentMetadata:
    name: str
    hash: str
    files: list[tuple[str, int]]  # relative name as in torrents/files, size in bytes
    single: bool  # one file, without a folder


def read_torrent(content: bytes) -> TorrentMetadata:
    """ValueError if it is none. Padding files (BEP 47) are left out, as qBittorrent does."""
    try:
        info_start, info_end, info = _info(content)
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


def _info(content: bytes) -> tuple[int, int, dict[bytes, Decoded]]:
    """Where the dictionary `info` begins and ends, and what is in it."""
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
        return _decode_many(content, at + 1, dictionary=kind == b"d")
    colon = content.index(b":", at)
    end = colon + 1 + int(content[at:colon])
    return content[colon + 1 : end], end


def _decode_many(content: bytes, at: int, dictionary: bool) -> tuple[Decoded, int]:
    values: list[Decoded] = []
    while content[at] != ord("e"):
        value, at = _decode(content, at)
        values.append(value)
    return (dict(zip(values[::2], values[1::2], strict=True)) if dictionary else values), at + 1
