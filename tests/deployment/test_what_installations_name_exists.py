"""Dockerfile, compose files, units and template name files, settings and commands that there are.

The image itself is not built here; what can be told without that is.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from django.core.management import get_commands

from scenes import configuration
from scenes.env import Env
from tests.deployment.files import (
    COMPOSE,
    DEPLOY,
    ENTRYPOINT,
    NAME,
    UNITS,
    copied,
    dockerfile,
    known_settings,
    stashhogs_of,
    variables_of_unraid,
)
from tests.processes import ROOT

OF_THE_IMAGE = {"PUID", "PGID", "UMASK", "EXTRA_GIDS"}
FOR_TESTS = ("STASHHOG_BIG_SIZES", "STASHHOG_FLAKY", "STASHHOG_NO_SKIPS", "STASHHOG_LOAD_SECONDS")
TEXTS = [*COMPOSE, *UNITS, DEPLOY / "unraid.xml", ROOT / "Dockerfile", ENTRYPOINT, DEPLOY / "docker" / "healthcheck.py"]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "examples").iterdir())]


@pytest.mark.parametrize("path", [*TEXTS, *DOCS], ids=lambda path: str(path.name))
def test_each_setting_that_is_named_is_one(path: Path) -> None:
    named = set(NAME.findall(path.read_text()))
    assert not {name for name in named - known_settings() if not name.startswith(FOR_TESTS)}


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_a_compose_file_sets_what_there_is_to_values_that_are_taken(path: Path) -> None:
    assert stashhogs_of(path)
    for service in stashhogs_of(path).values():
        values = service["environment"]
        assert not values.keys() - known_settings() - OF_THE_IMAGE - {"DATABASE_URL"}
        assert all(isinstance(value, str) for value in values.values()), "YAML makes 022 an 18"
        configuration.read(Env(values))


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_downloads_and_library_are_in_one_mount(path: Path) -> None:
    for service in stashhogs_of(path).values():
        if "volumes" not in service:  # of the file that it adds to
            continue
        places = [volume.split(":")[1] for volume in service["volumes"]]
        data, media = places
        config = configuration.read(Env(service["environment"]))
        assert data == "/data" and PurePosixPath(media) in PurePosixPath(str(config.library_path)).parents
        ours = re.findall(r"=([^;]+)", service["environment"]["STASHHOG_PATH_MAP"])
        assert len(ours) == 2 and all(PurePosixPath(media) in PurePosixPath(one).parents for one in ours)


def test_the_template_of_unraid_sets_what_there_is_to_values_that_are_taken() -> None:
    values = variables_of_unraid()
    assert len(values) >= 8 and not values.keys() - known_settings() - OF_THE_IMAGE
    configuration.read(Env({name: value for name, value in values.items() if value}))


def test_the_image_takes_what_there_is_and_its_context_has_it() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(f"{source}/".startswith(f"{entry}/") for entry in let_in), f".dockerignore leaves out {source}"
    assert all((ROOT / entry).exists() for entry in let_in)


def test_the_image_has_all_that_the_package_is_made_of() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "handbook"}
    named = set(re.findall(r"graft (\w+)", (ROOT / "MANIFEST.in").read_text()))
    assert packages | named <= copied() and {"requirements.txt", "pyproject.toml", "setup.py"} <= copied()


def test_what_the_image_starts_is_what_it_has() -> None:
    text = (ROOT / "Dockerfile").read_text()
    placed = {words[-1] for words in dockerfile() if words[0] == "COPY"}
    for program in ("stashhog-entrypoint", "stashhog-healthcheck"):
        assert f"/usr/local/bin/{program}" in placed and f'"{program}"' in text
    assert re.search(r"^HEALTHCHECK .*CMD", text, re.MULTILINE) and "install -y --no-install-recommends tini" in text


def test_every_command_that_is_started_is_one() -> None:
    started = re.findall(
        r"^Exec\w+=/opt/stashhog/bin/stashhog (\w+)", "\n".join(map(Path.read_text, UNITS)), re.MULTILINE
    )
    started += re.findall(r'^CMD \["(\w+)"\]', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    started += [word for path in COMPOSE for one in stashhogs_of(path).values() for word in one.get("command", [])]
    assert {"prepare", "web", "worker", "backup", "run"} == set(started)
    assert set(started) <= get_commands().keys()
