"""deploy/systemd: systemd takes them without a complaint, and they stop and are locked up as they should be."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from tests.deployment.files import UNITS

SERVICES = [path for path in UNITS if path.suffix == ".service"]
PROGRAM = "/opt/stashhog/bin/stashhog"


def section(path: Path, name: str = "Service") -> dict[str, str]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path)
    return dict(parser[name])


@pytest.mark.acceptance
def test_systemd_verifies_them(tmp_path: Path) -> None:
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", *sorted(str(path) for path in tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "stashhog" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_web_and_worker_get_the_signal_themselves_and_time_to_stop() -> None:
    for name in ("web", "worker"):
        (unit,) = [section(path) for path in SERVICES if path.stem == f"stashhog-{name}"]
        assert unit["ExecStart"] == f"{PROGRAM} {name}", "no shell between"
        assert unit["KillMode"] == "mixed" and unit["TimeoutStopSec"] == "30s" and unit["Restart"] == "on-failure"


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_they_run_as_a_user_of_their_own_that_can_become_nobody_else(path: Path) -> None:
    unit = section(path)
    assert unit["User"] == "stashhog" and unit["NoNewPrivileges"] == "yes" and unit["CapabilityBoundingSet"] == ""
    assert unit["ProtectSystem"] == "strict" and unit["ProtectHome"] == "yes" and unit["PrivateDevices"] == "yes"
    assert unit["StateDirectory"] == "stashhog" and unit["WorkingDirectory"] == "/var/lib/stashhog"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_media_are_one_mount_so_that_hard_links_are_possible(name: str) -> None:
    (unit,) = [section(path) for path in SERVICES if path.stem == f"stashhog-{name}"]
    assert len(unit["ReadWritePaths"].split()) == 1


def test_the_timer_makes_a_backup_each_night_also_after_one_that_was_missed() -> None:
    (timer,) = [path for path in UNITS if path.suffix == ".timer"]
    assert section(timer, "Timer")["Persistent"] == "true" and timer.with_suffix(".service") in SERVICES
