"""Makes .torrent files of files that are there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torf

PIECE = 16 * 1024  # bytes


@dataclass(frozen=True)
class TorrentFile:
    content: bytes  # of the .torrent
    hash: str  # hexadecimal
    rooted: bool  # whether the files' names are to begin with the torrent's name


def torrent_of(name: str, files: list[str], save_path: Path) -> TorrentFile:
    """A torrent of files that are there.

    `files` are relative to `save_path`. Each begins with a piece of its own (BEP 47 padding), so that one can
    be whole while its neighbour is missing.
    """
    single = files == [name]
    rooted = single or all(file.startswith(f"{name}/") for file in files)
    contents = [(save_path / file).read_bytes() for file in files]
    torrent = torf.Torrent(name=name, private=True, created_by="StashHog's tests")
    info: Any = torrent.metainfo["info"]
    info["piece length"] = PIECE
    if single:
        info["length"] = len(contents[0])
        info["pieces"] = _pieces(contents[0])
    else:
        inner = [file.removeprefix(f"{name}/") if rooted else file for file in files]
        info["files"] = _listed(inner, contents)
        info["pieces"] = _pieces(b"".join(content + bytes(-len(content) % PIECE) for content in contents))
    return TorrentFile(torrent.dump(validate=False), str(torrent.infohash), rooted)


def _listed(names: list[str], contents: list[bytes]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    for name, content in zip(names, contents, strict=True):
        listed.append({"length": len(content), "path": name.split("/")})
        if padding := -len(content) % PIECE:
            listed.append({"length": padding, "path": [".pad", str(padding)], "attr": "p"})
    return listed


def _pieces(data: bytes) -> bytes:
    return b"".join(hashlib.sha1(data[at : at + PIECE]).digest() for at in range(0, len(data), PIECE))
