"""The data folder and the secret key that is kept in it, and the folder of an installed package."""

from __future__ import annotations

import fcntl
import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from django.core.exceptions import ImproperlyConfigured

from scenes.env import refused


def data_folder(text: str) -> Path:
    """The folder as an absolute path, there or not. Raises ImproperlyConfigured."""
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, OSError) as error:  # the home of nobody, or links in a circle
        raise refused("STASHHOG_DATA_DIR", text, "give the path of a folder") from error


def folder_of(package: str) -> Path:
    """Where the package lies; it is not imported. Raises ImproperlyConfigured when it is not installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImproperlyConfigured(f"The package {package} is not installed.")
    return Path(spec.origin).parent


def key_is_needed(folder: Path) -> str:
    """What to do where several hosts may share the database, and no secret key is given."""
    made = folder / "secret_key"
    there = f"the one that this host has made already, in {made}" if made.exists() else "one long random text"
    return (
        "STASHHOG_SECRET_KEY must be set with PostgreSQL: hosts that share the database need the same one, and each "
        f"would make its own. Give {there}, to all of them."
    )


def kept_secret_key(folder: Path) -> str:
    """The key in the file ``secret_key``; made when there is none, or an empty one that a full disk left.

    Of processes that start at the same time one makes it, and all get that one. Raises ImproperlyConfigured.
    """
    path = folder / "secret_key"
    try:
        # Only for us: it will hold digests of passwords and the keys of sessions.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _read(path) or make_secret_key(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        what = "it must be a folder with room, whose files this user can read and write"
        raise refused("STASHHOG_DATA_DIR", str(folder), f"{what} ({path}: {reason})") from error


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def make_secret_key(path: Path) -> str:
    """A new one, or the one that another process has just made.

    It is written to a file beside it first, so that it is never seen half-written.
    """
    with _opened(path) as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        if made_meanwhile := _read(path):
            return made_meanwhile
        part = path.with_name(f".{path.name}.part")
        try:
            with _opened(part) as file:
                file.write(key := secrets.token_urlsafe(50))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return key


def _opened(path: Path) -> TextIO:
    """To write to; made so that only this user may read it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w")
