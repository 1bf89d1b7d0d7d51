"""What the code of the product never does. Who may import whom is in pyproject.toml, for `lint-imports`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("jobs", "scenes", "stashhog")


def modules(package: str) -> Iterator[Path]:
    return (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def test_nothing_sleeps_but_the_one_place_that_waits() -> None:
    sleeping = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep")
    }
    assert not sleeping


def swallows_anything(node: ast.AST) -> bool:
    """`except Exception` that does not raise the same again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
    last = node.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_only_one_place_turns_any_exception_into_something_else() -> None:
    broad = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if swallows_anything(node)
    }
    # waiting.py hands what a thread raised to whoever waits for it, and raises it there.
    assert broad <= {"jobs/engine/error_boundary.py", "jobs/waiting.py"}
