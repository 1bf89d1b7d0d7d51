"""What is stored for people to read is made as a `Translatable`, so that it follows the reader's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE_IT = "make it as Translatable (jobs/texts/translatable.py): "
# Who takes a text that is stored: which arguments are texts, by position, and by name.
WRITERS: dict[str, tuple[int, ...]] = {
    "JobError": (1,), "DestinationUnusable": (1,), "ServiceError": (2, 3), "error": (1, 2),
    "TaggerRefusedFile": (2, 3), "TaggerGaveUp": (2, 3), "TaggerUnclear": (2, 3), "ItemFailed": (1,), "Result": (2,),
    "Placed": (1,), "Skip": (0,), "KeepReason": (0,), "CannotHandle": (0,), "Postponed": (0,), "Unanswered": (0,),
    "Unusable": (0,), "TooLarge": (0,), "log": (0,), "progress": (2,), "record": (2,), "end_step": (3,),
    "another_library": (0,), "StashFailure": (1,), "fail": (1,), "wait_for": (2,), "record_looking_away": (1,),
    "looked_away": (1,), "waiting": (2,), "_unsafe": (1,), "refused": (3,), "of_plan": (3,), "of_task": (2,),
    "_not_set_up": (0,), "stalled": (0, 1),
}  # fmt: skip
# Who takes a text that a page shows to whoever asked for something, or that waits in the outbox.
REFUSALS: dict[str, tuple[int, ...]] = {
    "BadRequest": (0,), "NotPossible": (0,), "ImproperlyConfigured": (0,), "refused": (2,), "NotSent": (0,),
    "MayBeSent": (0,), "BackupError": (0,), "DamagedDatabaseError": (0,), "write": (1, 2), "Forbidden": (1,),
}  # fmt: skip
NAMES = ("message", "reason", "hint", "error_message", "text")
NOT_OURS = ("admin.py", "simulators", "demo", "management", "migrations", "web", "admin", "configuration", "ops")
# Commands and the API are English; a start that fails says so before there is a language.
FOR_PROGRAMS = (
    "simulators",
    "demo",
    "management",
    "migrations",
    "api",
    "restoring.py",
    "kinds.py",
    "settings.py",
    "data_folder.py",
)
NUMBERED = ("quantity", "counted")


def modules(packages: tuple[str, ...], but: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            if not set(but) & set(path.relative_to(ROOT).parts):
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def is_plain(node: ast.AST | None) -> bool:
    """A sentence in the code, or made there of parts, that nobody can translate."""
    if isinstance(node, ast.IfExp):
        return is_plain(node.body) or is_plain(node.orelse)
    if isinstance(node, ast.BoolOp):
        return any(map(is_plain, node.values))
    if isinstance(node, ast.BinOp):
        return is_plain(node.left) or is_plain(node.right)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr) or (is_text and " " in node.value.strip())  # type: ignore[union-attr]


def texts_of(call: ast.Call, writers: dict[str, tuple[int, ...]]) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("logger", "logging"):
        return
    if name in writers:
        yield from (call.args[place] for place in writers[name] if place < len(call.args))
        yield from (keyword.value for keyword in call.keywords if keyword.arg in NAMES)


def plain_in(tree: ast.AST, writers: dict[str, tuple[int, ...]] = WRITERS) -> Iterator[int]:
    """Lines with a plain text for a writer, given to it at once or by a variable."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            continue
        plain = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and is_plain(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            for text in texts_of(call, writers):
                if is_plain(text) or (isinstance(text, ast.Name) and text.id in plain):
                    yield text.lineno


def test_no_writer_of_a_stored_text_gets_a_plain_one() -> None:
    found = {f"{path}:{line}" for path, tree in modules(("jobs", "scenes"), NOT_OURS) for line in plain_in(tree)}
    assert not found, MAKE_IT + ", ".join(sorted(found))


def test_no_refusal_on_a_page_and_no_text_of_the_outbox_is_a_plain_one() -> None:
    trees = modules(("jobs", "scenes", "stashhog"), FOR_PROGRAMS)
    found = {f"{path}:{line}" for path, tree in trees for line in plain_in(tree, REFUSALS)}
    assert not found, MAKE_IT + ", ".join(sorted(found))


@pytest.mark.parametrize(
    "code",
    [
        'raise JobError("x", f"It failed: {why}")',
        'def f():\n    text = f"It failed: {why}"\n    job.log(text)',
        'job.progress(0, 0, "Nothing to do" if done else "")',
        'Result(outcome, "x", message="It is there.")',
    ],
)
def test_the_search_would_find_one(code: str) -> None:
    assert list(plain_in(ast.parse(code)))
    assert not list(plain_in(ast.parse('raise JobError("x", _("It failed: {why}", why=why))')))


def test_nouns_with_a_number_have_their_plural_in_a_catalogue() -> None:
    catalogues = [ROOT / app / "locale/de/LC_MESSAGES/django.po" for app in ("jobs", "scenes", "stashhog")]
    known = {(one.msgid, one.msgid_plural) for path in catalogues for one in polib.pofile(str(path))}
    nouns = {
        tuple(words) if len(words) > 1 else (words[0], f"{words[0]}s")
        for path in (
            *(ROOT / "jobs").rglob("*.py"),
            *(ROOT / "scenes").rglob("*.py"),
            *(ROOT / "stashhog").rglob("*.py"),
        )
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NUMBERED
        if (words := [str(one.value) for one in node.args[1:] if isinstance(one, ast.Constant)])
    }
    assert nouns - known == set()
