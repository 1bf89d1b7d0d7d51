"""The models that a tagger has loaded, as it tells of them since v3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

from pydantic import BeforeValidator, Field, TypeAdapter, WrapValidator
from typing_extensions import TypedDict

from scenes.clients.validators import or_none

MAX_MODELS = 1000
MAX_WORD = 255  # characters of a name, an identifier, a version
MAX_CATEGORIES = 2000


@dataclass(frozen=True)
class Model:
    """One of the models that a tagger has loaded; ``categories``: of the tags that it gives.

    ``identifier`` is the same in all versions of a model. "" is what was not told.
    """

    name: str
    version: str
    categories: tuple[str, ...]
    identifier: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others and from its other versions: name, identifier, version."""
        return self.name, self.identifier, self.version

    @property
    def spoken(self) -> tuple[str, str]:
        """All that is told of it in an answer too."""
        return self.name, self.version


def _as_text(value: Any) -> Any:
    """A number too: versions are 1.0 and identifiers 7 to some. Strings are cut, and PostgreSQL keeps no NUL."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\x00", "").strip()[:MAX_WORD]


Word = Annotated[str, BeforeValidator(_as_text)]
Categories = Annotated[list[Word], Field(max_length=MAX_CATEGORIES)]


class ModelRow(TypedDict):
    name: Annotated[Word, Field(min_length=1)]
    version: NotRequired[Word]
    identifier: NotRequired[Word]
    categories: NotRequired[Annotated[Categories | None, WrapValidator(or_none)]]


ModelRows = list[Annotated[ModelRow | None, WrapValidator(or_none)]]
_ROWS = TypeAdapter(Annotated[ModelRows, Field(max_length=MAX_MODELS)])


def parse_models(body: bytes) -> list[Model]:
    """The models that an answer lists, without rows that make no sense. Raises ValidationError when none does."""
    rows = _ROWS.validate_json(body)
    if rows and not any(rows):
        TypeAdapter(list[ModelRow]).validate_json(body)  # raises, with what is wrong with the first
    return list(models_of(rows))


def models_of(rows: Iterable[ModelRow | None]) -> tuple[Model, ...]:
    """In their order."""
    return tuple(
        Model(
            row["name"],
            row.get("version", ""),
            tuple(filter(None, row.get("categories") or ())),
            row.get("identifier", ""),
        )
        for row in rows
        if row is not None
    )


def by_category(models: Sequence[Model]) -> dict[str, Model]:
    """Which model gives which category; of several, one that has the words of all of them, joined by " + "."""
    found: dict[str, list[Model]] = {}
    for model in models:
        for category in dict.fromkeys(model.categories):
            found.setdefault(category, []).append(model)
    return {category: joined(several) for category, several in found.items()}


def joined(models: Sequence[Model]) -> Model:
    """What stands for several models that give one category; the order in which they are told of does not matter."""
    if len(models) == 1:
        return models[0]
    parts = zip(*sorted({model.key for model in models}), strict=True)
    name, identifier, version = (" + ".join(words)[:MAX_WORD] for words in parts)
    return Model(name, version, models[0].categories, identifier)
