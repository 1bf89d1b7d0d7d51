"""`python -m scenes.simulators.qbittorrent --port 0 --downloads DIR`."""

from pathlib import Path

from scenes.simulators.qbittorrent.simulator import Qbittorrent
from scenes.simulators.qbittorrent.versions import VERSIONS
from scenes.simulators.serving import parser, run_process


def main() -> None:
    command_line = parser("qBittorrent")
    command_line.add_argument("--downloads", type=Path, required=True, help="the default save path")
    command_line.add_argument("--version", type=int, choices=VERSIONS, default=4)
    command_line.add_argument("--username", default="admin")
    command_line.add_argument("--password", default="adminadmin")
    command_line.add_argument("--state", type=Path, help="a file that keeps the torrents over a restart")
    given = command_line.parse_args()
    qbittorrent = Qbittorrent(
        given.downloads,
        version=given.version,
        username=given.username,
        password=given.password,
        state_file=given.state,
        host=given.host,
        port=given.port,
    )
    run_process(qbittorrent.server)


if __name__ == "__main__":
    main()
