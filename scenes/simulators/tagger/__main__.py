"""`python -m scenes.simulators.tagger --port 0`."""

from pathlib import Path
from typing import get_args

from scenes.simulators.serving import parser, run_process
from scenes.simulators.tagger.answers import Answers
from scenes.simulators.tagger.simulator import Tagger


def main() -> None:
    command_line = parser("Tagger")
    command_line.add_argument("--seconds", type=float, default=0.0, help="how long each film takes")
    command_line.add_argument("--answers", choices=get_args(Answers), default="newer")
    command_line.add_argument("--mount", action="append", default=[], help="its path=ours; may be repeated")
    given = command_line.parse_args()
    mounts = {theirs: Path(ours) for theirs, _, ours in (mount.partition("=") for mount in given.mount)}
    tagger = Tagger(seconds=given.seconds, answers=given.answers, mounts=mounts, host=given.host, port=given.port)
    run_process(tagger.server)


if __name__ == "__main__":
    main()
