"""The part torrents/… of the Web API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenes.simulators.qbittorrent.documents import files_document, info_document, passes, properties_document
from scenes.simulators.qbittorrent.torrentfile import TorrentMetadata, read_torrent
from scenes.simulators.qbittorrent.torrents import SimulatedFile, SimulatedTorrent

if TYPE_CHECKING:
    from scenes.simulators.qbittorrent.simulator import Qbittorrent

Params = Mapping[str, str]
PRIORITIES = ("0", "1", "4", "6", "7")


class ApiError(Exception):
    """An answer other than 200; with `document` it is JSON."""

    def __init__(self, status: int, text: str = "", document: dict[str, Any] | None = None) -> None:
        super().__init__(status, text)
        self.status, self.text, self.document = status, text, document


class TorrentsApi:
    """Each action gets the request's parameters and returns what is to be answered, or raises ApiError."""

    def __init__(self, qbittorrent: Qbittorrent) -> None:
        self.qbittorrent, self.store = qbittorrent, qbittorrent.store

    def reads(self) -> dict[str, Callable[[Params], Any]]:
        return {
            "torrents/info": self.info,
            "torrents/files": lambda params: files_document(self._one(params)),
            "torrents/properties": lambda params: properties_document(self._one(params)),
            "torrents/tags": lambda params: self.store.tags,
            "torrents/categories": lambda params: {
                name: {"name": name, "savePath": path} for name, path in self.store.categories.items()
            },
        }

    def writes(self) -> dict[str, tuple[tuple[str, ...], Callable[[Params], None]]]:
        """With the parameters each one can't do without."""
        version = self.qbittorrent.version
        return {
            "torrents/addTags": (("hashes", "tags"), self.add_tags),
            "torrents/removeTags": (("hashes",), self.remove_tags),
            "torrents/createTags": (("tags",), lambda params: self.store.know_tags(_list(params["tags"]))),
            "torrents/createCategory": (("category",), self.create_category),
            "torrents/setCategory": (("hashes", "category"), self.set_category),
            "torrents/delete": (("hashes", "deleteFiles"), self.delete),
            "torrents/setLocation": (("hashes", "location"), self.set_location),
            "torrents/recheck": (("hashes",), self.recheck),
            "torrents/filePrio": (("hash", "id", "priority"), self.set_priority),
            f"torrents/{version.stop}": (("hashes",), lambda params: self._stop(params, stopped=True)),
            f"torrents/{version.start}": (("hashes",), lambda params: self._stop(params, stopped=False)),
        }

    def add(self, params: Params, files: list[tuple[str, bytes]]) -> str | dict[str, Any]:
        """Adds .torrent files; magnet links are not known here."""
        metadata = []
        for name, content in files:
            try:
                metadata.append(read_torrent(content))
            except ValueError:
                raise ApiError(415, f"Error: '{name}' is not a valid torrent file.") from None
        added = [self.add_one(torrent, params) for torrent in metadata if torrent.hash not in self.store.torrents]
        failed = len(metadata) - len(added)
        if not self.qbittorrent.version.structured_add:
            return "Ok." if added and not failed else "Fails."
        answer = {
            "added_torrent_ids": [torrent.hash for torrent in added],
            "failure_count": failed,
            "pending_count": 0,
            "success_count": len(added),
        }
        if not added:
            raise ApiError(409, document=answer)
        return answer

    def add_one(self, metadata: TorrentMetadata, params: Params) -> SimulatedTorrent:
        """A torrent whose files are yet to be looked for; it is checked unless it is added stopped."""
        stopped = "true" in (params.get("paused", "").lower(), params.get("stopped", "").lower())
        torrent = SimulatedTorrent(
            hash=metadata.hash,
            name=params.get("rename") or metadata.name,
            save_path=Path(params.get("savepath") or self.qbittorrent.downloads),
            files=[
                SimulatedFile(name, size, progress=0.0)
                for name, size in metadata.laid_out(params.get("contentLayout", ""))
            ],
            category=params.get("category", ""),
            tags=_list(params.get("tags", "")),
            stopped=stopped,
            checked=False,
            added_on=int(time.time()),
        )
        self.qbittorrent.take(torrent)
        self._go_on(torrent)
        return torrent

    def _one(self, params: Params) -> SimulatedTorrent:
        if "hash" not in params:
            raise ApiError(400, "Bad Request")
        torrent = self.store.torrents.get(params["hash"].lower())
        if torrent is None:
            raise ApiError(404, "Not Found")
        return torrent

    def info(self, params: Params) -> list[dict[str, Any]]:
        """Those that are asked for, in the order and of the page that is."""
        rows = [info_document(torrent) for torrent in self.store.torrents.values() if is_asked_for(torrent, params)]
        if sort := params.get("sort"):
            rows.sort(key=lambda row: row.get(sort, 0))
        if params.get("reverse", "").lower() == "true":
            rows.reverse()
        start, limit = int(params.get("offset") or 0), int(params.get("limit") or 0)
        return rows[start : start + limit] if limit > 0 else rows[start:]

    def add_tags(self, params: Params) -> None:
        """Makes tags that are not known yet."""
        tags = _list(params["tags"])
        for torrent in self.store.chosen(params["hashes"]):
            torrent.tags.extend(tag for tag in tags if tag not in torrent.tags)
            self.store.know_tags(tags)

    def remove_tags(self, params: Params) -> None:
        """Without tags: all of them."""
        tags = _list(params.get("tags", ""))
        for torrent in self.store.chosen(params["hashes"]):
            torrent.tags = [tag for tag in torrent.tags if tags and tag not in tags]

    def create_category(self, params: Params) -> None:
        """ApiError for a name that can be none, and for one that is taken."""
        name = params["category"]
        if not name:
            raise ApiError(400, "Category cannot be empty")
        if name.startswith("/") or name.endswith("/") or "//" in name:
            raise ApiError(409, "Incorrect category name")
        if name in self.store.categories:
            raise ApiError(409, "Unable to create category")
        self.store.categories[name] = params.get("savePath", "")

    def set_category(self, params: Params) -> None:
        """An empty name takes the category away. ApiError for an unknown one."""
        if params["category"] and params["category"] not in self.store.categories:
            raise ApiError(409, "Incorrect category name")
        for torrent in self.store.chosen(params["hashes"]):
            torrent.category = params["category"]

    def delete(self, params: Params) -> None:
        """Forgets torrents, and removes their files if `deleteFiles` is true."""
        for torrent in self.store.chosen(params["hashes"]):
            del self.store.torrents[torrent.hash]
            if params["deleteFiles"].lower() == "true":
                torrent.delete_files()

    def set_location(self, params: Params) -> None:
        """Starts a move of each torrent."""
        if not params["location"]:
            raise ApiError(400, "Save path cannot be empty")
        for torrent in self.store.chosen(params["hashes"]):
            self.qbittorrent.move(torrent, Path(params["location"]))

    def recheck(self, params: Params) -> None:
        """Starts a check of each torrent."""
        for torrent in self.store.chosen(params["hashes"]):
            self.qbittorrent.check(torrent)

    def set_priority(self, params: Params) -> None:
        """Of the files with these numbers, `0|2`; 0 deselects them."""
        if params["priority"] not in PRIORITIES:
            raise ApiError(400, "Priority is not valid")
        torrent = self._one(params)
        numbers = [int(number) for number in params["id"].split("|")]
        if any(number >= len(torrent.files) for number in numbers):
            raise ApiError(409, "File ID is not valid")
        for number in numbers:
            torrent.files[number].priority = int(params["priority"])
        if torrent.checked:
            self._go_on(torrent)

    def _stop(self, params: Params, stopped: bool) -> None:
        for torrent in self.store.chosen(params["hashes"]):
            torrent.stopped = stopped
            self._go_on(torrent)

    def _go_on(self, torrent: SimulatedTorrent) -> None:
        """Takes the state that fits, if nothing is under way that will do so at its end."""
        if torrent.state == "moving" or torrent.state.startswith("checking"):
            return
        if torrent.checked or torrent.stopped:
            torrent.update_state(self.qbittorrent.version.paused)
        else:
            self.qbittorrent.check(torrent)


def is_asked_for(torrent: SimulatedTorrent, params: Params) -> bool:
    """An empty category or tag means: those that have none. Empty hashes mean all, and `all` means none."""
    hashes = params.get("hashes", "")
    return (
        passes(torrent, params.get("filter", "all"))
        and ("category" not in params or is_in_category(torrent.category, params["category"]))
        and ("tag" not in params or params["tag"] in (torrent.tags or [""]))
        and (not hashes or torrent.hash in hashes.lower().split("|"))
    )


def is_in_category(category: str, asked: str) -> bool:
    """In it, or in one of its subcategories (which are switched on here); an empty one has none."""
    return category == asked or bool(asked and category.startswith(f"{asked}/"))


def _list(tags: str) -> list[str]:
    return [tag.strip() for tag in tags.split(",") if tag.strip()]
