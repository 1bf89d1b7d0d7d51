"""stashhog → scenes → jobs, never back; django-q2 and the simulators stay where they belong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Who must not import whom.
FORBIDDEN = {"jobs": ("scenes", "stashhog"), "scenes": ("stashhog",), "stashhog": ()}
QUEUE = {"wakeup.py", "cluster.py", "qcluster.py"}  # the only modules of jobs that know django-q2


def modules(package: str) -> Iterator[Path]:
    return (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_that_stands_above_it(package: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name in imported(path)
        if any(within(name, above) for above in FORBIDDEN[package])
    }
    assert not wrong


def test_only_the_queue_knows_django_q2() -> None:
    knowing = {path.name for path in modules("jobs") if any(within(name, "django_q") for name in imported(path))}
    knowing |= {f"scenes/{path.name}" for path in modules("scenes") if "django_q" in imported(path)}
    assert knowing <= QUEUE


def test_nothing_but_the_demo_and_the_simulators_knows_the_simulators() -> None:
    allowed = {ROOT / "scenes" / "simulators", ROOT / "scenes" / "demo"}
    wrong = {
        str(path.relative_to(ROOT))
        for package in FORBIDDEN
        for path in modules(package)
        if not allowed & set(path.parents) and any(within(name, "scenes.simulators") for name in imported(path))
    }
    assert not wrong


def test_nothing_sleeps_but_the_one_place_that_waits() -> None:
    sleeping = {
        str(path.relative_to(ROOT))
        for package in FORBIDDEN
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
        for package in FORBIDDEN
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if swallows_anything(node)
    }
    # waiting.py hands what a thread raised to whoever waits for it, and raises it there.
    assert broad <= {"jobs/engine/error_boundary.py", "jobs/waiting.py"}
