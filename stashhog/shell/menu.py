"""The menu as one user sees it on one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext

from stashhog.shell.badges import counts
from stashhog.shell.entries import HAVE_PAGES, INTERNALS, MENU, MenuEntry, rows_of


@dataclass(frozen=True)
class Link:
    """A line of the menu. ``current``: what `aria-current` says of it, "" for a page that is elsewhere."""

    label: str
    address: str
    current: str = ""
    badge: int = 0


@dataclass(frozen=True)
class Part:
    """A section: its own link, and those to its entries, which are there while ``is_open``."""

    link: Link
    icon: str
    is_open: bool
    links: list[Link] = field(default_factory=list)
    internals: list[Link] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """It has more than one entry, so they are listed below it."""
        return len(self.links) + len(self.internals) > 1


@cache
def path_of(route: str, prefix: str, urlconf: str) -> str:
    """Found once, for the whole menu is on each page; "" for a route that this installation has not."""
    try:
        return reverse(route, urlconf)
    except NoReverseMatch:
        return ""


class Menu:
    """Asks for counts once, and for nothing before something of it is shown."""

    def __init__(self, request: HttpRequest):
        self.request = request

    @cached_property
    def parts(self) -> list[Part]:
        parts = []
        for section in MENU:
            allowed = [entry for entry in section.entries if entry in self._addresses]
            if not allowed:
                continue
            internals = [entry for entry in self._internals if section is MENU[-1] and entry in self._addresses]
            links = [self._link(entry) for entry in allowed]
            own = links[0]
            if len(section.entries) > 1:
                own = Link(gettext(section.label), own.address, badge=sum(link.badge for link in links))
            is_open = self._here in allowed or self._here in internals
            parts.append(Part(own, section.icon, is_open, links, list(map(self._link, internals))))
        return parts

    @property
    def trail(self) -> list[Link]:
        """Where the page is: its section, and the entry that it is or belongs to."""
        part = next((part for part in self.parts if part.is_open), None)
        if part is None:
            return []
        inner = [link for link in (*part.links, *part.internals) if link.current]
        return [part.link, *(link for link in inner if link.label != part.link.label)]

    def _link(self, entry: MenuEntry) -> Link:
        address = self._addresses[entry]
        is_it = address.partition("?")[0] == self.request.path
        current = "" if entry is not self._here else "page" if is_it else "true"
        return Link(gettext(entry.label), address, current, self._counts.get(entry.badge, 0))

    @cached_property
    def _internals(self) -> list[MenuEntry]:
        """Those that are declared, then what the admin lists and no entry leads to."""
        declared = (
            HAVE_PAGES
            | {entry.route for section in MENU for entry in section.entries if not entry.query}
            | {entry.route for entry in INTERNALS}
        )
        others = [
            rows_of(str(capfirst(model._meta.verbose_name_plural)), model._meta.label_lower)
            for model in filter(admin.site.is_registered, apps.get_models())
        ]
        found = chain(INTERNALS, (entry for entry in others if entry.route not in declared))
        return [entry for entry in found if self._may_open(entry)]

    @cached_property
    def _addresses(self) -> dict[MenuEntry, str]:
        """Of what this user may open and is there."""
        addresses = {}
        for entry in chain((entry for section in MENU for entry in section.entries), self._internals):
            if self._may_open(entry) and (path := path_of(entry.route, get_script_prefix(), settings.ROOT_URLCONF)):
                addresses[entry] = f"{path}?{entry.query}" if entry.query else path
        return addresses

    @cached_property
    def _here(self) -> MenuEntry | None:
        """The entry that the page is, or whose address begins that of the page: the longest."""
        given, here, home, fitting = self.request.GET, self.request.path, reverse("home"), []
        for entry, address in self._addresses.items():
            path, _, query = address.partition("?")
            is_above = path != home and here.startswith(path)
            if (here == path or is_above) and all(given.get(name) == value for name, value in parse_qsl(query)):
                fitting.append((len(address), entry))
        return max(fitting, key=lambda fit: fit[0], default=(0, None))[1]

    @cached_property
    def _counts(self) -> dict[str, int]:
        return counts([entry.badge for entry in self._addresses if entry.badge], self.request.user)

    def _may_open(self, entry: MenuEntry) -> bool:
        user = self.request.user
        if entry.route.startswith("admin:") and not user.is_staff:
            return False
        return not entry.permission or user.has_perm(entry.permission)


def menu(request: HttpRequest) -> dict[str, Any]:
    """A context processor."""
    return {"menu": SimpleLazyObject(lambda: Menu(request))}
