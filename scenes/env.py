"""Environment variables, typed: a malformed value stops the start with a sentence, never with nonsense later."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from jobs.texts.translatable import Translatable as _

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
HIGHEST = 10_000_000  # of a number without a limit of its own: as seconds, 115 days


class Env:
    """Typed look-ups in ``values`` (the process's environment by default). An empty value counts as unset."""

    def __init__(self, values: Mapping[str, str] | None = None):
        self.values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in TRUE | FALSE:
            raise refused(name, value, _("give true or false"))
        return value in TRUE

    def number(self, name: str, default: float, low: float = 0, high: float = HIGHEST) -> float:
        """A number from ``low`` to ``high``."""
        value = self.text(name)
        try:
            number = float(value) if value else default
        except ValueError:
            raise refused(name, value, _("give a number")) from None
        if "_" in value or not value.isascii():  # which Python takes: 1_0 is ten for it
            raise refused(name, value, _("give a number, with the digits 0 to 9"))
        if not low <= number <= high:
            raise refused(name, value, _("give a number from {low:.12g} to {high:.12g}", low=low, high=high))
        return number

    def integer(self, name: str, default: int, low: int = 0, high: int = HIGHEST) -> int:
        number = self.number(name, default, low, high)
        if number != int(number):
            raise refused(name, str(number), _("give a whole number"))
        return int(number)

    def choice(self, name: str, options: set[str], default: str) -> str:
        """One of the options as it is written there; the value may have other capitals."""
        value = self.text(name, default)
        written = {option.lower(): option for option in options}
        if value.lower() not in written:
            raise refused(name, value, _("give one of {options}", options=", ".join(sorted(options))))
        return written[value.lower()]

    def time_zone(self, name: str, default: str) -> str:
        """The name of a time zone."""
        value = self.text(name, default)
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise refused(name, value, _("give a name such as Europe/Berlin")) from None

    def host(self, name: str) -> str:
        """The name of this machine: by default the one that it has, without odd characters."""
        value = self.text(name, re.sub(r"[^\w.-]", "-", socket.gethostname())[:64])
        if not re.fullmatch(r"[\w.-]{1,64}", value):
            raise refused(name, value, _("give a name of up to 64 letters, digits, dots and dashes"))
        return value

    def names(self, name: str, default: str = "") -> list[str]:
        """Words separated by commas; none when unset. Commas alone are no list: that would say "all" or "nothing"."""
        value = self.text(name, default)
        words = [word.strip() for word in value.split(",") if word.strip()]
        if value and not words:
            raise refused(name, value, _("give at least one name between the commas, or leave it empty"))
        return words

    def address(self, name: str, default: str) -> str:
        """``host:port`` to listen on; an IPv6 host in brackets."""
        value = self.text(name, default)
        host, colon, port = value.rpartition(":")
        if not colon or not _is_host(host) or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
            raise refused(name, value, _("give host:port such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000"))
        return value

    def hosts(self, name: str, default: str) -> list[str]:
        """Names and addresses by which people open a page, without anything around them; ``.lan`` for all below it."""
        words = self.names(name, default)
        for word in words:
            if fix := what_is_wrong_with_host(word):
                raise refused(name, word, fix)
        return words

    def origins(self, name: str) -> list[str]:
        """As a browser writes them: a scheme and a host, and the port unless it is the scheme's own."""
        return [origin_of(name, word) for word in self.names(name)]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Addresses and networks: ``127.0.0.1,172.18.0.0/16,fd00::/8``."""
        return [network_of(name, word) for word in self.names(name)]

    def base_path(self, name: str) -> str:
        """A path such as ``/stashhog``, without a slash at its end; empty when unset, and for ``/``."""
        value = self.text(name).rstrip("/")
        if not re.fullmatch(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*", value):
            raise refused(name, value, _("give a path such as /stashhog, of letters, digits, dots and dashes"))
        return value

    def some_of(self, name: str, options: set[str], default: str) -> list[str]:
        """Words out of ``options``, separated by commas."""
        words = self.names(name, default)
        if unknown := [word for word in words if word not in options]:
            raise refused(name, ",".join(unknown), _("give some of {options}", options=", ".join(sorted(options))))
        return words

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Pairs like ``old=new,other=thing``."""
        pairs = [tuple(part.strip() for part in word.split("=")) for word in self.names(name)]
        if any(len(pair) != 2 or not all(pair) for pair in pairs):
            raise refused(name, self.text(name), _("write old=new, separated by commas"))
        if len({old for old, *_ in pairs}) < len(pairs):
            raise refused(name, self.text(name), _("give each old name once"))
        return tuple((old, new) for old, new in pairs)

    def folder(self, name: str, default: str = "") -> Path | None:
        """An absolute path; whether it is there is looked at when it is needed. None when unset."""
        value = self.text(name, default)
        if value and not Path(value).is_absolute():
            raise refused(name, value, _("give an absolute path"))
        if ".." in Path(value).parts:  # so that it is plain what it lies in
            raise refused(name, value, _("give it without .."))
        return Path(value) if value else None

    def url(self, name: str) -> str:
        """An http(s) address without its trailing slash; empty when unset."""
        value = self.text(name).rstrip("/")
        parts = _parts(value)
        if value and (not parts or parts.scheme not in {"http", "https"} or not names_host(parts)):
            raise refused(name, None, _("give an address such as http://localhost:9999"))
        if "?" in value or "#" in value:
            raise refused(name, None, _("give it without ? and #; in a password they are written %3F and %23"))
        return value

    def redis(self, name: str) -> str:
        """Redis' address; empty when unset. A Redis that hangs must not hold up who rings: 2 s each, if not given."""
        value = self.text(name)
        if not value:
            return ""
        parts = _parts(value)
        if not parts or parts.scheme not in {"redis", "rediss", "unix"}:
            raise refused(name, None, _("give an address such as redis://localhost:6379/0"))
        timeouts = "socket_timeout=2&socket_connect_timeout=2"  # workers wait for a wake-up for 1 s at a time
        return value if "socket_timeout=" in value else f"{value}{'&' if '?' in value else '?'}{timeouts}"

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's database settings from a URL. The value is never shown: it may hold a password."""
        try:
            return dict(dj_database_url.parse(self.text(name, default)))
        except (ValueError, dj_database_url.ParseError) as error:
            raise refused(name, None, _("give an address such as postgres://user:password@host/name")) from error


def what_is_wrong_with_host(word: str) -> str:
    """What to do about it; "" for a good one."""
    if "://" in word:
        return _("give the name alone, without http:// or https://")
    if re.fullmatch(r"[0-9A-Fa-f:.]+/[0-9]+", word):
        return _("a network can't be given: name each host by which people open StashHog")
    if "/" in word:
        return _("give the name alone, without a path")
    if word.startswith("*."):
        return _("write {name}, which stands for all names that end so", name=word[1:])
    if word.count(":") > 1 and not word.startswith("["):
        return _("put an IPv6 address into brackets, as in [::1]")
    if re.search(r"(^[^\[:]+|\]):[0-9]*$", word):
        return _("give the name alone, without a port")
    good = word == "*" or _is_host(word.removeprefix("."))
    return "" if good else _("give names such as nas.lan, 192.168.1.5 or [::1], separated by commas")


def names_host(parts: SplitResult) -> bool:
    """Whether the host of an address can be one: a name, also an international one, or an IP address."""
    found = re.fullmatch(r"(?:.*@)?(\[[^\]]*\]|[^:\[\]]+)(?::[0-9]*)?", parts.netloc, re.DOTALL)
    host = found[1] if found else ""
    try:
        asked = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:  # an empty or too long label
        return False
    longest = max(map(len, asked.split(".")))
    return host.isprintable() and longest < 64 and ".." not in asked and _is_host(asked.removesuffix("."))


def origin_of(name: str, word: str) -> str:
    """As a browser writes it. Raises ImproperlyConfigured."""
    parts = _parts(word)
    if not parts or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refused(name, None, _("give each with its scheme, such as https://nas.example.com, separated by commas"))
    if "@" in parts.netloc:
        raise refused(name, None, _("give each without a user and password, such as https://nas.example.com"))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refused(name, word, _("give it without a path: {address}", address=f"{parts.scheme}://{parts.netloc}"))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not _is_host(host.removeprefix("*.")):
        raise refused(name, word, _("give each with its scheme and host, such as https://nas.example.com"))
    own_port = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port and parts.port != own_port else "")


def network_of(name: str, word: str) -> IPv4Network | IPv6Network:
    """Raises ImproperlyConfigured."""
    try:
        network = ip_network(word)
    except ValueError:
        raise refused(name, word, _("give addresses and networks such as 127.0.0.1,172.18.0.0/16")) from None
    if not network.prefixlen:
        raise refused(name, word, _("give the addresses of your proxies: whoever is trusted can pretend to be anybody"))
    return network


def _is_host(text: str) -> bool:
    """Whether it is a name, an IPv4 address, or an IPv6 address in brackets."""
    inside = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else ""
    try:
        if inside or re.fullmatch(r"[0-9.]+", text):
            ip_address(inside or text)
    except ValueError:
        return False
    return ":" in inside or bool(re.fullmatch(r"[A-Za-z0-9]([\w.-]{0,251}[A-Za-z0-9])?", text, re.ASCII))


def _parts(address: str) -> SplitResult | None:
    """None for what is no address, or has a port that can't be."""
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 and not re.search(r"\s", address) else None
    except ValueError:
        return None


def refused(name: str, value: str | None, fix: str) -> ImproperlyConfigured:
    """The error for a value that can't be used; ``value`` is None where it must not be shown."""
    if value is None:
        return ImproperlyConfigured(_("{name} can't be used: {fix}.", name=name, fix=fix))
    return ImproperlyConfigured(_("{name} ({value!r}) can't be used: {fix}.", name=name, value=value[:100], fix=fix))
