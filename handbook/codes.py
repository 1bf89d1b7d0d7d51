"""The stable words by which StashHog says how something ended: found in the code that says them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"simulators", "demo", "migrations", "probes"}  # tests of connections say sentences, without a row
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
# What takes a code, and as which of its arguments.
TAKES = {
    "JobError": 0, "ItemFailed": 0, "Result": 1, "ServiceError": 1, "error": 0, "_error": 0, "failure": 0, "fail": 0,
    "DestinationUnusable": 0, "TaggerGaveUp": 1, "TaggerRefusedFile": 1, "TaggerUnclear": 1, "record_placed": 2,
    "Placed": 0,
}  # fmt: skip
KEYWORDS = {"code", "error_code"}
TABLES = {"CODES"}  # dictionaries whose values are codes, or begin with one
KEYED = {"FIXES"}  # those whose keys are


Constants = dict[str, str]


@cache
def codes_in_code() -> dict[str, set[str]]:
    """Each code, with the modules that say it."""
    trees = {path: ast.parse(path.read_text()) for path in modules()}
    own = {path: dict(constants(tree)) for path, tree in trees.items()}
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees.items():
        names = own[path] | imported(tree, own)
        for code in (code for node in ast.walk(tree) for value in given(node) for code in texts(value, names)):
            found[code].add(str(path.relative_to(ROOT)))
    return found


def modules() -> Iterator[Path]:
    for package in ("jobs", "scenes", "stashhog"):
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if not LEFT_OUT & set(path.parts))


def constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """``NAME = "text"`` of a module, and ``A, B = "text", "text"``."""
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        names, values = parts_of(node.targets[0]), parts_of(node.value)
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield name.id, value.value


def parts_of(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def imported(tree: ast.Module, own: dict[Path, Constants]) -> Constants:
    """The constants that a module has from others: by their own name, or as ``module.NAME``."""
    found: Constants = {}
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)):
        place = ROOT / (node.module or "").replace(".", "/")
        there = own.get(place.with_suffix(".py"), own.get(place / "__init__.py", {}))
        for alias in node.names:
            name = alias.asname or alias.name
            found |= {name: there[alias.name]} if alias.name in there else {}
            found |= {f"{name}.{key}": text for key, text in own.get(place / f"{alias.name}.py", {}).items()}
    return found


def given(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of codes in a call, or in a table of them."""
    if isinstance(node, ast.Call):
        place = TAKES.get(name_of(node.func).rpartition(".")[2])
        yield from node.args[place : place + 1] if place is not None else []
        yield from (keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
        name = name_of(node.targets[0])
        yield from (parts_of(value)[0] for value in node.value.values if name in TABLES)
        yield from (key for key in node.value.keys if key and name in KEYED)


def texts(value: ast.expr, names: Constants) -> Iterator[str]:
    """The codes that an expression may be."""
    if isinstance(value, ast.IfExp):
        yield from (*texts(value.body, names), *texts(value.orelse, names))
        return
    text = value.value if isinstance(value, ast.Constant) else names.get(name_of(value))
    if isinstance(text, str) and CODE.fullmatch(text):
        yield text


def name_of(node: ast.AST) -> str:
    """``name`` or ``module.name``; "" for what has none."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
