"""What a setting may hold: how its text, from the environment or from a row, becomes a value.

An empty text is never read: it means that the setting is not given. Each kind raises ImproperlyConfigured with the
sentence that a person gets to read, whether the value stops a start or is refused by a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext, gettext_noop, ngettext

from jobs.texts.translatable import Translatable as _
from jobs.texts.words import length, number, percent
from scenes.env import HIGHEST, Env, refused
from scenes.name_patterns import NamePatterns
from scenes.paths import PathMap

EXTENSION = re.compile(r"[^\s./\\*?\[\]]+")  # without its dot
HIDDEN = "***"  # in an address, for its password
NONE = "none"  # a word for nothing, where an empty text means the default
YES, NO = gettext_noop("Yes"), gettext_noop("No")
SECONDS, DAYS, SHARE = "seconds", "days", "share"
UNITS: dict[str, Callable[[float], str]] = {
    "": number,
    SECONDS: length,
    DAYS: lambda days: f"{number(days)} {ngettext('day', 'days', int(days))}",
    SHARE: percent,
}


@dataclass(frozen=True)
class Kind:
    """One line of text."""

    empty: ClassVar[Any] = ""  # the value of a setting that has no default
    choices: ClassVar[tuple[str, ...]] = ()
    is_number: ClassVar[bool] = False
    may_hold_secret: ClassVar[bool] = False  # so it is left out of every repr

    def read(self, env: Env, name: str) -> Any:
        """The value of the text ``name`` in ``env``."""
        return env.text(name)

    def holds_secret(self, text: str) -> bool:
        """Whether this text is to be kept like a secret, although the setting as such is none."""
        return False

    def shown(self, text: str) -> str:
        """The text as anybody who may see the settings may see it."""
        return text

    def in_words(self, text: str) -> str:
        """Likewise, as people say it; of a text that can be read."""
        return self.shown(text)


@dataclass(frozen=True)
class Secret(Kind):
    """A text that is never shown. ``ascii``: that goes into a header, so only letters of ASCII can be right."""

    ascii: bool = False
    may_hold_secret: ClassVar[bool] = True

    def read(self, env: Env, name: str) -> str:
        text = env.text(name)
        if self.ascii and not (text.isascii() and text.isprintable() and " " not in text):
            fix = _("give the key alone, as the service shows it: letters, digits and signs of ASCII")
            raise refused(name, None, fix)
        return text

    def holds_secret(self, text: str) -> bool:
        return True

    def shown(self, text: str) -> str:
        return ""


@dataclass(frozen=True)
class Url(Kind):
    """An http(s) address; it may have a user and password, for a proxy before the service."""

    may_hold_secret: ClassVar[bool] = True

    def read(self, env: Env, name: str) -> str:
        address = env.url(name)
        if urlsplit(address).password == HIDDEN:
            fix = _("its password is not shown, so write it out where {hidden} stands", hidden=HIDDEN)
            raise refused(name, None, fix)
        return address

    def holds_secret(self, text: str) -> bool:
        return self.shown(text) != text

    def shown(self, text: str) -> str:
        """Likewise of what is no address: somebody may have mistyped one with a password."""
        try:
            parts = urlsplit(Env({"address": text}).url("address"))
        except ImproperlyConfigured:
            return re.sub(r"^(\w+://)?([^:@]*):.*@", rf"\1\2:{HIDDEN}@", text, flags=re.DOTALL)
        if parts.password is None:
            return text
        user, host = parts.netloc.rpartition("@")[::2]
        return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{HIDDEN}@{host}"))


@dataclass(frozen=True)
class Urls(Url):
    """Addresses, separated by commas; one in a password is written %2C."""

    def read(self, env: Env, name: str) -> str:
        parts = env.names(name)
        return ",".join(Url.read(self, Env({name: part}), name) for part in parts)

    def shown(self, text: str) -> str:
        parts = [part.strip() for part in text.split(",")]
        try:
            for part in parts:
                Env({"address": part}).url("address")
        except ImproperlyConfigured:  # a comma in a password, or no addresses at all
            return super().shown(text)
        return ",".join(map(super().shown, parts))


@dataclass(frozen=True)
class Number(Kind):
    """A number within bounds, or a whole one, of a ``unit`` or of none."""

    low: float = 0
    high: float = HIGHEST
    whole: bool = False
    unit: str = ""
    is_number: ClassVar[bool] = True

    def in_words(self, text: str) -> str:
        return UNITS[self.unit](float(text)) if text else ""

    def read(self, env: Env, name: str) -> float:
        read = env.integer if self.whole else env.number
        return read(name, 0, self.low, self.high)  # type: ignore[arg-type]


@dataclass(frozen=True)
class NamedOptions(Kind):
    """Some of the ``options``, which are words of ours; ``labels``: what each of them means, in English."""

    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def meanings(self) -> dict[str, str]:
        return dict(zip(self.options, self.labels, strict=True))

    def in_words(self, text: str) -> str:
        known = {option.lower(): gettext(label) for option, label in self.meanings.items()}
        return ", ".join(known.get(word.strip().lower(), word) for word in text.split(",")) if text else ""


@dataclass(frozen=True)
class Choice(NamedOptions):
    """One of the options; capitals don't matter."""

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.options

    def read(self, env: Env, name: str) -> str:
        return env.choice(name, set(self.options), "")


@dataclass(frozen=True)
class Switch(Choice):
    """``yes`` or ``no``."""

    empty: ClassVar[bool] = False
    options: tuple[str, ...] = ("yes", "no")
    labels: tuple[str, ...] = (YES, NO)

    def read(self, env: Env, name: str) -> bool:  # type: ignore[override]
        return super().read(env, name) == "yes"


@dataclass(frozen=True)
class Folder(Kind):
    """An absolute path of ours."""

    empty: ClassVar[None] = None

    def read(self, env: Env, name: str) -> Any:
        return env.folder(name)


@dataclass(frozen=True)
class TagName(Kind):
    """One tag of qBittorrent, which takes a comma for the end of it."""

    def read(self, env: Env, name: str) -> str:
        text = env.text(name)
        if "," in text:
            raise refused(name, text, _("give one tag, without a comma"))
        return text


@dataclass(frozen=True)
class Words(Kind):
    """Words separated by commas, in their order."""

    empty: ClassVar[tuple[str, ...]] = ()

    def read(self, env: Env, name: str) -> tuple[str, ...]:
        return tuple(env.names(name))


@dataclass(frozen=True)
class WordSet(NamedOptions):
    """Some of the options, separated by commas. The word ``none``, where it is one of them, for none of the others."""

    empty: ClassVar[frozenset[str]] = frozenset()

    def read(self, env: Env, name: str) -> frozenset[str]:
        return frozenset(env.some_of(name, set(self.options), ""))


@dataclass(frozen=True)
class Pairs(Kind):
    """``old=new``, separated by commas."""

    empty: ClassVar[tuple[tuple[str, str], ...]] = ()

    def read(self, env: Env, name: str) -> tuple[tuple[str, str], ...]:
        return env.pairs(name)


@dataclass(frozen=True)
class Networks(Kind):
    """Addresses and networks, separated by commas."""

    empty: ClassVar[tuple[Any, ...]] = ()

    def read(self, env: Env, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        words = env.names(name)
        try:
            return tuple(ip_network(word) for word in words)
        except ValueError:
            fix = _("give addresses or networks such as 192.168.1.0/24 or ::1, separated by commas")
            raise refused(name, ",".join(words), fix) from None


@dataclass(frozen=True)
class PathMapping(Kind):
    """``service:their prefix=ours``, separated by semicolons."""

    empty: ClassVar[PathMap] = PathMap()

    def read(self, env: Env, name: str) -> PathMap:
        return PathMap.parse(env.text(name), name)


@dataclass(frozen=True)
class Listed(Kind):
    """Words separated by commas; the word ``default`` among them stands for all those of the default list."""

    default: str = ""

    def words(self, env: Env, name: str) -> list[str]:
        given = [self.default if word.lower() == "default" else word for word in env.names(name)]
        return ",".join(given).split(",") if given else []


@dataclass(frozen=True)
class Extensions(Listed):
    """Of file names, written as ``srt``, ``.srt`` or ``*.srt``; the word ``none`` for none, unless some are needed."""

    needed: bool = False

    empty: ClassVar[frozenset[str]] = frozenset()

    def read(self, env: Env, name: str) -> frozenset[str]:
        words = self.words(env, name)
        extensions = [word.lower().removeprefix("*").removeprefix(".") for word in words]
        for word, extension in zip(words, extensions, strict=True):
            if not EXTENSION.fullmatch(extension):
                raise refused(name, word, _("give extensions of file names, such as mp4"))
        found = frozenset(extensions) - {"none"}
        if self.needed and not found:
            raise refused(name, env.text(name), _("give at least one extension"))
        return found


@dataclass(frozen=True)
class Patterns(Listed):
    """Of names of files and folders; the word ``none`` for none."""

    def read(self, env: Env, name: str) -> NamePatterns:
        return NamePatterns.parse(name, self.words(env, name))
