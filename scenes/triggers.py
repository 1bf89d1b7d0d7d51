"""What outside of StashHog starts a run."""

from __future__ import annotations

from jobs.declare.registry import Trigger, trigger
from scenes import configuration


def curl(address: str, token: str) -> str:
    """For qBittorrent's "Run external program on torrent finished", on any system.

    qBittorrent puts the torrent's hash in place of %I, and a hash needs no quoting; its name could be anything. It
    starts the program without a shell, and knows double quotes only.
    """
    return (
        "curl --fail --silent --show-error --max-time 30 --retry 5 --retry-connrefused "
        f'--header "Authorization: Bearer {token}" --data "item=%I" "{address}"'
    )


def wait() -> float:
    """Seconds."""
    return configuration.current().trigger_wait


download_finished = trigger(
    Trigger("download-finished", "process_new_scenes", "A download has finished", curl, wait, longest_wait=300)
)
