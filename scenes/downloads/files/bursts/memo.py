"""What is alike in many files, and asked of the disk once: where their folders really are."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """What calls returned."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, call: Callable[..., T], *arguments: Hashable) -> T:
        """What it returned when it was first called with these."""
        key = call, arguments
        if key not in self._known:
            self._known[key] = call(*arguments)
        result: T = self._known[key]
        return result

    def real_folder(self, folder: Path) -> Path:
        """Links followed, as far as they lead."""
        return Path(self.once(os.path.realpath, folder))

    def real_path(self, path: Path) -> Path:
        """Likewise of a file, of which many lie in one folder."""
        found = self.real_folder(path.parent) / path.name
        is_link = os.path.islink(found)  # noqa: PTH114 — that of a path raises behind a closed folder
        return Path(os.path.realpath(found)) if is_link else found
