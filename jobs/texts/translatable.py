"""Texts that are stored, and shown in the language of whoever reads them.

Such a text is its English sentence, and keeps what that was made of: a msgid and its parameters. In the database both
are in one column, the sentence first, so that lists, searches and programs go on reading that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import reduce
from operator import itemgetter
from string import Formatter
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Chr, StrIndex
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from jobs.texts.contains import ContainsAsRead

BEFORE_FORM = "\x1f"  # the unit separator: stands between the English text and its form; no text has it (`storable`)


class Translatable(str):
    """An English text that ``translated`` gives in the active language.

    Made as ``_("It gave no answer within {seconds:g} s.", seconds=5)``: imported as ``_``, its msgids are found by
    makemessages. Parameters are numbers and texts; those that are Translatables themselves are translated, too.
    ``form``, of which JSON can be made: the msgid and its parameters, or a number and the two forms of its noun.
    """

    form: list[Any]

    @classmethod
    def at(cls, moment: datetime) -> Translatable:
        """A time, in the server's zone, which it names; pages show it in the reader's (`jobs.texts.times.on_page`)."""
        return cls._of(["", {"at": moment.isoformat()}])

    def __new__(cls, msgid: str, /, **params: object) -> Translatable:
        return cls._of([msgid, {name: _parameter(value) for name, value in params.items()}])

    @classmethod
    def _of(cls, form: list[Any]) -> Translatable:
        return cls.restored(ENGLISH.text(form), form)

    @classmethod
    def restored(cls, text: str, form: list[Any]) -> Translatable:
        made = super().__new__(cls, text)
        made.form = form
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Translatable.restored, (str(self), self.form)

    def changed(self, change: Callable[[str], str]) -> Translatable:
        """With each text that was filled in as ``change`` makes it."""
        return self._of(_changed(self.form, change))

    def shortened(self, most: int) -> str:
        """At most so many characters: what is quoted from others is cut, as far as that is enough."""
        text, size = self, most
        while len(text) > most and size:
            size //= 2
            text = self.changed(itemgetter(slice(size)))
        return text if len(text) <= most else str(text)[:most]


def quantity(count: int, singular: str, plural: str = "") -> Translatable:
    """``1 job``, ``2,500 jobs``. ``plural`` when it is not the singular with an s."""
    return Translatable._of([int(count), singular, plural or f"{singular}s"])


def joined(separator: str, texts: Iterable[str]) -> str:
    """As ``separator.join(texts)``, without the empty ones; each stays translatable."""
    named = {f"text{number}": text for number, text in enumerate(filter(None, texts), start=1)}
    if len(named) < 2:
        return next(iter(named.values()), "")
    return Translatable(separator.join(f"{{{name}}}" for name in named), **named)


def joined_by_and(texts: Iterable[str]) -> str:
    """``a and b and c``, likewise."""
    known = list(filter(None, texts))
    text = gettext_noop("{first} and {second}")
    return reduce(lambda first, second: Translatable(text, first=first, second=second), known) if known else ""


def named(names: Sequence[str], most: int) -> str:
    """The first of them, and how many there are beside: ``a, b and 7 more``."""
    first, more = ", ".join(names[:most]), len(names) - most
    return Translatable(gettext_noop("{names} and {count} more"), names=first, count=more) if more > 0 else first


def parameter(text: str, name: str) -> str:
    """What a text was made with under this name; empty if it was not."""
    form = text.form[1].get(name) if isinstance(text, Translatable) and isinstance(text.form[1], dict) else ""
    return Translatable._of(form) if isinstance(form, list) else str(form or "")


def message_of(error: Exception) -> str:
    """As ``str(error)``, but as translatable as the error was made with."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Translatable) else str(error)


def translated(text: str) -> str:
    """The text in the active language; as it is where it is no Translatable, or not known in that language."""
    if not isinstance(text, Translatable):
        return text
    if (get_language() or "en").startswith("en"):
        return str(text)
    try:
        return ACTIVE_LANGUAGE.text(text.form)
    except (AttributeError, LookupError, TypeError, ValueError):  # of another version, or changed by hand
        return str(text)


def storable(text: str) -> str:
    """Without NUL characters, which a service may send and PostgreSQL stores in no text, and what separates forms."""
    if isinstance(text, Translatable):
        return text  # its parameters were made so
    return text.replace("\0", "").replace(BEFORE_FORM, "")


def shortened(text: str, most: int) -> str:
    """Storable, and at most so many characters."""
    text = storable(text)
    return text.shortened(most) if isinstance(text, Translatable) else text[:most]


if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class TranslatableField(TextField):
    """Keeps a Translatable as one, and any other text as it is.

    A lookup that compares a stored Translatable needs one, too. ``icontains`` looks at the sentence alone.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if isinstance(value, Translatable):
            return f"{value}{BEFORE_FORM}{json.dumps(value.form, ensure_ascii=False, separators=(',', ':'))}"
        return storable(value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        if not value:
            return value
        text, separator, form = value.partition(BEFORE_FORM)
        try:
            return Translatable.restored(text, json.loads(form)) if separator else value
        except ValueError:  # cut off
            return text


class Sentence(models.Func):
    """What stands before the form."""

    arity = 1
    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Given twice, so no expression with parameters of its own: a column is what a lookup is on.
        template = "substr(%(expressions)s, 1, instr(%(expressions)s || char(31), char(31)) - 1)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="split_part(%(expressions)s, chr(31), 1)", **context)


@TranslatableField.register_lookup
class HasInSentence(ContainsAsRead):
    """The sentence is cut out only where the whole text has the words, and a form: a search reads 100,000 rows."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        whole, params = super().as_sql(compiler, connection)
        form, of_form = compiler.compile(StrIndex(self.lhs, Chr(models.Value(ord(BEFORE_FORM)))))
        sentence, of_sentence = compiler.compile(ContainsAsRead(Sentence(self.lhs), self.rhs))
        return f"({whole} AND ({form} = 0 OR {sentence}))", (*params, *of_form, *of_sentence)


def _parameter(value: object) -> Any:
    if isinstance(value, Translatable):
        return value.form
    return value if isinstance(value, int | float) else storable(str(value))


def _changed(form: Any, change: Callable[[str], str]) -> Any:
    if isinstance(form, str):
        return change(form)
    if isinstance(form, list) and isinstance(form[-1], dict) and form[0]:  # a moment stays whole
        return [form[0], {name: _changed(value, change) for name, value in form[1].items()}]
    return form


class English(Formatter):
    """Makes texts of forms. It asks Django for nothing, so texts may be made while modules are imported."""

    def text(self, form: list[Any]) -> str:
        if isinstance(form[0], int):
            count, singular, plural = form
            return f"{self.format_field(count, ',')} {self.noun(singular, plural, count)}"
        msgid, params = form
        if not msgid and "at" in params:
            return self.moment(datetime.fromisoformat(params["at"]))
        known = {name: self.text(value) if isinstance(value, list) else value for name, value in params.items()}
        return self.vformat(self.sentence(msgid), (), known) if known else self.sentence(msgid)

    def moment(self, at: datetime) -> str:
        return f"{timezone.localtime(at):%-d %b %Y, %H:%M %Z}"

    def sentence(self, msgid: str) -> str:
        return msgid

    def noun(self, singular: str, plural: str, count: int) -> str:
        return singular if count == 1 else plural


class ActiveLanguage(English):
    """The same in the language that is active; numbers as they are written in it: 2.500 for 2,500."""

    def sentence(self, msgid: str) -> str:
        return gettext(msgid) if msgid else ""  # gettext has the head of its catalogue under ""

    def noun(self, singular: str, plural: str, count: int) -> str:
        return ngettext(singular, plural, count)

    def moment(self, at: datetime) -> str:
        there = timezone.localtime(at)
        return f"{date_format(there, 'DATETIME_FORMAT')} {there:%Z}"

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        if not isinstance(value, int | float):
            return text
        signs = {",": get_format("THOUSAND_SEPARATOR"), ".": get_format("DECIMAL_SEPARATOR")}
        return text.translate(str.maketrans(signs))


ENGLISH, ACTIVE_LANGUAGE = English(), ActiveLanguage()
