"""The files by which StashHog is installed, and what they name."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from scenes.configuration import DECLARED
from tests.processes import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = [ROOT / "compose.yaml", *sorted(DEPLOY.glob("compose.*.yaml"))]
UNITS = sorted((DEPLOY / "systemd").iterdir())
UNRAID = DEPLOY / "unraid.xml"
ENTRYPOINT = DEPLOY / "docker" / "entrypoint.sh"
NAME = re.compile(r"\bSTASHHOG_[A-Z0-9_]*[A-Z0-9]\b")


def known_settings() -> set[str]:
    """All variables that StashHog reads."""
    tree = ast.parse((ROOT / "stashhog" / "settings.py").read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if NAME.fullmatch(text)} | {one.variable for one in DECLARED.values()}


def services_of(path: Path) -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(path.read_text())["services"]
    return services


def stashhogs_of(path: Path) -> dict[str, Any]:
    """The services of a compose file that are StashHog."""
    return {name: one for name, one in services_of(path).items() if name in ("stashhog", "worker", "web")}


def variables_of_unraid() -> dict[str, str]:
    """Those of the template, with what it fills in."""
    configs = ElementTree.parse(UNRAID).iter("Config")
    return {one.attrib["Target"]: one.attrib["Default"] for one in configs if one.attrib["Type"] == "Variable"}


def dockerfile() -> list[list[str]]:
    """Its instructions as words; lines that go on are one."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def copied() -> set[str]:
    """What the Dockerfile takes of the checkout."""
    copies = [words[1:] for words in dockerfile() if words[0] == "COPY" and not words[1].startswith("--from")]
    return {word for words in copies for word in words[:-1] if not word.startswith("--")}
