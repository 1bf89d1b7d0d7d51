"""A real Caddy before a real web process, with the configuration that is given to people as an example."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.processes import ROOT

EXAMPLES = ROOT / "docs" / "examples"
# It asks nobody for a certificate, takes no other port, and keeps what it keeps below its own folder.
OPTIONS = """{{
	admin off
	auto_https off
	storage file_system {folder}/storage
}}
"""


def as_example(folder: Path, behind: str, port: int, path: str) -> str:
    """The example's site without a path, or the one below a path, on this port, with the tests' certificate."""
    whole, _, below = (EXAMPLES / "Caddyfile").read_text().partition("nas.example.com {\n")
    name = "nas.example.com {\n" if path else "stashhog.example.com {\n"
    text = f"{name}{below}" if path else whole
    assert name in text and "127.0.0.1:8000" in text
    ours = f"https://localhost:{port} {{\n\ttls {folder}/certificate.pem {folder}/key.pem\n"
    return text.replace(name, ours).replace("127.0.0.1:8000", behind)


@contextlib.contextmanager
def caddy(folder: Path, behind: str, port: int, path: str) -> Iterator[None]:
    file = folder / "Caddyfile"
    file.write_text(OPTIONS.format(folder=folder) + as_example(folder, behind, port, path))
    with (folder / "error.log").open("w") as log:
        command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)
