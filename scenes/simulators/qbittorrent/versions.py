"""What differs between qBittorrent's versions. 4 was measured, 5 (that is, 5.2) is read in its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    app: str
    api: str
    paused: str  # what a stopped torrent's state begins with: pausedUP or stoppedUP
    stop: str  # the names of the two actions
    start: str
    login_failed: int  # HTTP status; 200 says "Fails."
    no_content: int  # HTTP status of an answer without a body
    cookie: str  # {port} is the port that the server believes to listen on
    structured_add: bool  # torrents/add answers JSON, and 409 when nothing was added
    api_keys: bool


VERSIONS = {
    4: Version("v4.5.2", "2.8.19", "paused", "pause", "resume", 200, 200, "SID", False, False),
    5: Version("v5.2.0", "2.15.1", "stopped", "stop", "start", 401, 204, "QBT_SID_{port}", True, True),
}
