"""What each form of the site says of values that it can't take, in the language of brackets (see `pseudo`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from tests.web import pseudo
from tests.web.data_on_pages import is_known, not_in_german, types_of_the_product
from tests.web.permissions.stage import Stage
from tests.web.test_every_page_is_translated import addresses

pytestmark = pytest.mark.one_database  # of the pages

PARTS = 8  # of the pages, so that no test takes minutes
# No number, name, time, path, address, choice or id; nothing at all; more than fits; below all bounds.
BAD = ("§ 9", "", "§" * 21_000, "-1")
# What was sent and comes back, and digests of passwords that were set to it.
OURS = re.compile(r"'?§[§\s9]*(\\n§)?'?|[\w+/=]*\*{6,}|md5")
ELSEWHERE = ("/logout", "/language", "/admin/logout/", "/login")  # of the shell, on every page


@dataclass
class Form:
    """``action``: its address; ``buttons``: names, with a value of each."""

    action: str
    names: set[str] = field(default_factory=set)
    buttons: dict[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[str, ...]:
        """Forms that differ by an id alone are one."""
        names = sorted({re.sub(r"\d+", "N", name) for name in (*self.names, *self.buttons)})
        return (re.sub(r"\d+|[0-9a-f-]{36}", "N", self.action), *names)


class Forms(HTMLParser):
    """Those of a page that are sent by POST."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: list[Form] = []
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "submit" if tag == "button" else "text")
        if tag == "form":
            self.form = Form(urljoin(self.address, given.get("action", "")))
            if given.get("method", "").lower() == "post" and urlsplit(self.form.action).path not in ELSEWHERE:
                self.found.append(self.form)
        elif (action := given.get("formaction")) and not self.is_of_form(action):
            self.found.append(
                Form(urljoin(self.address, action), buttons={name: given.get("value", "")} if name else {})
            )
        elif self.form and name and tag in ("button", "input") and kind == "submit":
            self.form.buttons[name] = given.get("value", "")
        elif self.form and name and tag in ("input", "select", "textarea") and name != "csrfmiddlewaretoken":
            self.form.names.add(name)

    def is_of_form(self, action: str) -> bool:
        """It leads to where the form itself does, at most to another place on that page."""
        return self.form is not None and urljoin(self.address, action).partition("#")[0] == self.form.action

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None


def forms(client: Client, stage: Stage, part: int) -> Iterator[Form]:
    """One of each shape that a part of the pages has."""
    seen = set()
    for address in map(stage.filled, addresses()[part::PARTS]):
        page = client.get(address)
        if not page.streaming and page.headers.get("Content-Type", "").startswith("text/html"):
            reader = Forms(address)
            reader.feed(page.text)
            for form in reader.found:
                if form.shape not in seen:
                    seen.add(form.shape)
                    yield form


def sent(form: Form) -> list[dict[str, str]]:
    """What somebody may send: a bad value in all fields by each of its buttons, the others by one; and bad buttons.

    Each once: a form without fields has no value to send.
    """
    buttons = list(form.buttons.items()) or [("", "")]
    bodies = [dict.fromkeys(form.names, BAD[0]) | {name: value} for name, value in buttons]
    bodies += [{name: BAD[0]} for name, _ in buttons]
    bodies += [dict.fromkeys(form.names, bad) | dict(buttons[:1]) for bad in BAD[1:]]
    return [body for number, body in enumerate(bodies) if body not in bodies[:number]]


def is_ours(text: str) -> bool:
    """What was sent, and comes back."""
    return is_known(re.sub(OURS, "", text).strip() or "ID")


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_said_of_bad_values_is_translated_and_german_has_it(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    types_of_the_product(monkeypatch)
    stage = Stage()
    stage.add_the_rest()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    session = client.cookies.output(header="")
    asked, left, count = pseudo.speak(monkeypatch), dict[str, str](), 0
    found = list(forms(client, stage, part))
    for form in found:
        for body in sent(form):
            count += 1
            with transaction.atomic():
                answer = client.post(form.action, body, follow=True)
                transaction.set_rollback(True)
            client.cookies.load(session)  # some give another one
            assert answer.status_code < 500 and answer.request["PATH_INFO"] != "/login", (form.action, body)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                texts = {text for text in pseudo.not_translated(answer.text) if not is_ours(text)}
                left |= {text: f"{form.action} {sorted(body.items())!r:.300}" for text in texts}
    assert not left, "\n".join(f"{text}: {where}" for text, where in left.items())
    assert len(found) > 60 // PARTS and count > 300 // PARTS
    assert not_in_german(asked) - set(BAD) == set()
