"""Figures of the source code: how long files and functions are, how deep they nest, what is called only once.

`python -m bench.house` prints a report, and with `--checks` what import-linter and mypy say. It is no gate: CI fails
on none of these figures.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("stashhog", "jobs", "scenes")
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST = 25  # lines, of nine functions in ten at the most
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> dict[Path, ast.Module]:
    """The parsed modules of the product, without migrations."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in sorted(paths)}


def functions(module: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(module) if isinstance(node, FUNCTIONS))


def length(node: Function) -> int:
    """Lines from `def` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def nesting(node: ast.AST, depth: int = 0) -> int:
    """The deepest block in a block; a chain of `elif` counts as one."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not is_elif)))
    return deepest


def name_of(node: ast.AST) -> str:
    """What a name or an attribute names; "" for all else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def called_once(module: ast.Module) -> tuple[int, int, int]:
    """How many private functions of a module there are; called just once in it; and of these, could be joined.

    Not called once: what is handed to others as a value (a callback), is cached, or is the project's own for what a
    library or another class has. Could be joined: without making the caller longer than a function should be.
    """
    found = [node for node in functions(module) if node.name.startswith("_") and not node.name.endswith("__")]
    private = {node.name: node for node in found}
    overridden = {name for name, count in Counter(node.name for node in found).items() if count > 1}
    named = Counter(map(name_of, ast.walk(module)))
    plain = {name for name, node in private.items() if named[name] == 1 and not is_lasting(node)} - overridden
    once = plain & {inner for caller in functions(module) for inner in called_in(caller)}
    joined = {
        inner
        for caller in functions(module)
        for inner in called_in(caller) & once
        if length(caller) + length(private[inner]) <= LONGEST
    }
    return len(private), len(once), len(joined)


def called_in(caller: Function) -> set[str]:
    """The names of what it calls, but for what a class above it has."""
    calls = [node for node in ast.walk(caller) if isinstance(node, ast.Call)]
    above = {node.func.attr for node in calls if isinstance(node.func, ast.Attribute) and is_super(node.func.value)}
    return {name_of(node.func) for node in calls} - above - {caller.name}


def is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) == "super"


def is_lasting(node: Function) -> bool:
    """It is cached, or a property."""
    names = [name_of(part) for each in node.decorator_list for part in ast.walk(each)]
    return any("cache" in name or "property" in name for name in names)


def spread(values: Sequence[int]) -> str:
    """Median, 90th percentile and maximum."""
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]} / {ordered[len(ordered) * 9 // 10]} / {ordered[-1]}"


def crowded(most: int = 15) -> list[str]:
    """Packages with more than ``most`` modules at their top."""
    folders = Counter(path.parent for path in sources() if path.name != "__init__.py")
    return [f"{folder} {count}" for folder, count in folders.most_common() if count > most]


def checks() -> Iterator[str]:
    """The last line of each check that is made of the whole."""
    for name, command in {"imports": ["lint-imports", "--no-logo"], "types": ["mypy", "."]}.items():
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        yield f"{name}: {done.stdout.strip().splitlines()[-1]}"


def main() -> None:
    modules = sources()
    product = {path: module for path, module in modules.items() if "simulators" not in path.parts}
    lines = [(ROOT / path).read_text().count("\n") for path in modules]
    found = [(length(node), f"{path}:{node.name}") for path, module in modules.items() for node in functions(module)]
    deep = [
        f"{path}:{node.name} {nesting(node)}"
        for path, module in product.items()
        for node in functions(module)
        if nesting(node) > 3
    ]
    private, once, joinable = (sum(column) for column in zip(*map(called_once, modules.values()), strict=True))
    lines_of_report = (
        f"files: {len(lines)}, lines {spread(lines)} (median / p90 / max)",
        f"functions: {len(found)}, lines {spread([size for size, _ in found])} (median / p90 / max)",
        "longest functions: " + ", ".join(f"{name} {size}" for size, name in sorted(found, reverse=True)[:5]),
        f"nested deeper than 3, without the simulators: {', '.join(deep) or 'none'}",
        f"private functions called once: {once} of {private} ({once / private:.0%}), "
        f"{joinable} of them ({joinable / private:.0%}) of which could be joined with their caller",
        f"packages with more than 15 modules: {', '.join(crowded()) or 'none'}",
    )
    for line in (*lines_of_report, *(checks() if "--checks" in sys.argv else ())):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
