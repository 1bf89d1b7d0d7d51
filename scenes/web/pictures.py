"""The scenes' pictures: fetched from Stash with its key, which the browser must not have."""

from __future__ import annotations

from dataclasses import dataclass

from scenes import configuration
from scenes.clients.base import Limits, ServiceError
from scenes.clients.http_service import HttpService
from scenes.clients.stash.transport import pages_address

LIMITS = Limits(connect=2.0, read=5.0, total=8.0, size=8 * 1024 * 1024)
# By their first bytes. No SVG: it may hold scripts.
KINDS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
WEBP = slice(8, 12)  # where one says so; sounds begin with the same


@dataclass(frozen=True)
class Picture:
    """An image file and its media type."""

    content: bytes
    kind: str


class StashPictures(HttpService):
    """Stash as the server of pictures."""

    service = "Stash"


def fetch(path: str) -> Picture | None:
    """The picture at this path below Stash's address; None when there is none, or Stash does not give it."""
    content = ask(path)
    kind = kind_of(content)
    return Picture(content, kind) if kind else None


def kind_of(content: bytes) -> str:
    """The media type of an image; empty for whatever else it is."""
    kind = next((kind for begin, kind in KINDS.items() if content.startswith(begin)), "")
    return "" if kind == "image/webp" and content[WEBP] != b"WEBP" else kind


def text(path: str) -> str:
    """The text at this path below Stash's address; "" when there is none, or Stash does not give it."""
    return ask(path).decode("utf-8", "replace")


def ask(path: str) -> bytes:
    """What Stash has at this path; nothing when it has nothing there, is away, or does not give it."""
    config = configuration.current()
    if not config.stash_url or not path.startswith("/"):
        return b""
    headers = {"ApiKey": config.stash_api_key} if config.stash_api_key else {}
    try:
        address = pages_address(config.stash_url)
        stash = StashPictures(address, headers=headers, secrets=(config.stash_api_key,), read=LIMITS)
        answer = stash.request("GET", path)
        stash.close()
    except ServiceError:
        return b""  # A page without its pictures is still a page; what ails Stash, the jobs say.
    return answer.body if answer.status == 200 else b""
