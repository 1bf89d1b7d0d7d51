"""What the simulator knows, and the file it keeps it in over a restart."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scenes.simulators.qbittorrent.torrents import SimulatedFile, SimulatedTorrent


@dataclass
class TorrentStore:
    """Torrents by hash, categories with their save paths, and tags, each in the order of their making."""

    torrents: dict[str, SimulatedTorrent] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    def add(self, torrent: SimulatedTorrent) -> None:
        self.torrents[torrent.hash] = torrent
        if torrent.category:
            self.categories.setdefault(torrent.category, "")
        self.know_tags(torrent.tags)

    def know_tags(self, tags: list[str]) -> None:
        self.tags.extend(tag for tag in tags if tag not in self.tags)

    def chosen(self, hashes: str) -> list[SimulatedTorrent]:
        """Of `a|b` or `all`; hashes that are not known are passed over."""
        if hashes == "all":
            return list(self.torrents.values())
        return [self.torrents[name] for name in hashes.lower().split("|") if name in self.torrents]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str, indent=1))

    @classmethod
    def load(cls, path: Path) -> "TorrentStore":
        """An empty one if there is no file yet."""
        if not path.exists():
            return cls()
        saved = json.loads(path.read_text())
        for row in saved["torrents"].values():
            row["files"] = [SimulatedFile(**file) for file in row["files"]]
            row["save_path"] = Path(row["save_path"])
            row["content_folder"] = Path(row["content_folder"]) if row["content_folder"] else None
        torrents = {name: SimulatedTorrent(**row) for name, row in saved["torrents"].items()}
        return cls(torrents, saved["categories"], saved["tags"])
