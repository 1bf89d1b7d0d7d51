"""docs/permissions.md, made from the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from jobs.permissions import scope_of
from stashhog.accounts.roles import ROLES, role_has
from tests.web.permissions import table
from tests.web.permissions.table import LOGIN, LOGOUT, METRICS, NOBODY, OPEN, TRIGGER

PAGE = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"
HEAD = """# Routes and roles

Made by `make permissions` from the table that the tests hold every route to. It shows what the roles have at first;
what a person changed in a group counts, of course. A superuser may do everything but what nobody may. Nobody without a
login is let in but where it says so: a page leads to the login, the API answers 401. What a role may not do is answered
403.

API and WebSockets take a token, too: it needs the scope that is shown, and a user who may do it.
"""
MARKS = {True: "✓", False: "–"}


def page() -> str:
    parts = [
        HEAD,
        _section("Pages", {**table.PAGES, **table.API_PAGES}),
        _section("API", table.API, scopes=True),
        _section("WebSockets", {("GET", address): rule for address, rule in table.WEBSOCKETS.items()}, scopes=True),
        _section("Admin", {key: rule for key, rule in table.ADMIN.items() if not _is_of_model(key[1])}),
        _models(),
        _actions(),
        "Files below `/static/` are open to everybody; they are the same for all.\n",
    ]
    return "\n".join(parts)


def _is_of_model(address: str) -> bool:
    known = [f"/admin/{label.replace('.', '/')}/" for label in table.MODELS]
    rest = next((address.removeprefix(start) for start in known if address.startswith(start)), None)
    return rest in ("", "add/") or str(rest).startswith("<path:object_id>/")


def _section(title: str, rules: Mapping[tuple[str, str], str], *, scopes: bool = False) -> str:
    merged: dict[tuple[str, str], list[str]] = {}
    for (method, address), rule in rules.items():
        merged.setdefault((address, rule), []).append(method)
    scope = ["token's scope"] if scopes else []
    rows = [
        [
            f"`{address}`",
            ", ".join(methods),
            *_who(rule),
            *([scope_of(rule) if "." in rule else "any"] if scopes else []),
        ]
        for (address, rule), methods in merged.items()
    ]
    return _table(title, ["address", "method", "needs", *ROLES, *scope], rows)


def _least_scope(rule: str) -> str:
    return scope_of(rule).value if "." in rule else "any"


def _models() -> str:
    rows = [
        [f"`{label}`", *(_least(rule) for rule in (rows.view, rows.add, rows.change, rows.delete))]
        for label, rows in table.MODELS.items()
    ]
    return _table("Rows in the admin: the least role that may", ["model", "see", "add", "change", "delete"], rows)


def _actions() -> str:
    actions = {**table.ACTIONS, **table.DELETE_SELECTED}
    rows = [[f"`{label}`", f"`{name}`", *_who(rule)] for (label, name), rule in actions.items()]
    return _table("Actions in the admin", ["model", "action", "needs", *ROLES], rows)


def _who(rule: str) -> list[str]:
    if rule in (OPEN, LOGIN, LOGOUT, NOBODY, METRICS, TRIGGER):
        return [rule, *[MARKS[rule not in (NOBODY, METRICS, TRIGGER)]] * len(ROLES)]
    return [f"`{rule}`", *(MARKS[role_has(role, rule)] for role in ROLES)]


def _least(rule: str) -> str:
    return "–" if rule == NOBODY else next((role for role in ROLES if role_has(role, rule)), "superuser")


def _table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return f"## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)
