"""The parameters that a job takes, declared as a model, and the words in which anything else is refused.

The API's documentation, the options of commands, the fields of forms and the checks are all made of the model. Only
declarations and what reads them import this module: pydantic takes a fifth of a second to import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from django.db import DatabaseError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema

from jobs.declare.ids import BIGGEST_ID, MAX_IDS
from jobs.errors import BadRequest, JobError
from jobs.texts.keys import title
from jobs.texts.translatable import Translatable, named, translated
from jobs.texts.translatable import Translatable as _

MAX_NAMES = 10  # names of parameters in a message


Id = Annotated[int, Field(ge=1, le=BIGGEST_ID, title="id")]
# At most MAX_IDS, each kept once.
Ids = Annotated[list[Id], Field(max_length=MAX_IDS), FailFast(), AfterValidator(lambda ids: list(dict.fromkeys(ids)))]
# Likewise, at least one. (`FailFast()` can't be hashed, so it can't be in a union with None.)
SomeIds = Annotated[
    list[Id],
    Field(min_length=1, max_length=MAX_IDS, fail_fast=True),
    AfterValidator(lambda ids: list(dict.fromkeys(ids))),
]


@dataclass(frozen=True)
class Parameter:
    """A parameter as people are told of it. ``schema``: the JSON Schema of its values, without the null.

    ``nullable``: a null may be given, too.
    """

    name: str
    label: str
    description: str
    default: Any
    required: bool
    schema: Mapping[str, Any]
    nullable: bool = False

    @property
    def type(self) -> str:
        """The type of its values in JSON: boolean, integer, number, string or array."""
        return str(self.schema.get("type", ""))

    @property
    def items(self) -> Mapping[str, Any]:
        """The JSON Schema of an array's items."""
        items: Mapping[str, Any] = self.schema.get("items", {})
        return items

    @property
    def is_choice(self) -> bool:
        """Whether it is a list of names out of a few."""
        return "enum" in self.items

    @property
    def may_be_none(self) -> bool:
        """Whether "none" is a value that people may want where the default is another one."""
        return self.nullable or self.is_choice

    @property
    def allowed(self) -> str:
        """What may be given, to go on from "must be": "a whole number from 1 to 1,000"."""
        if "const" in self.schema:
            why = f"{self.description[:1].lower()}{self.description[1:].rstrip('.')}"
            return f"{json.dumps(self.schema['const'])}: {why}"
        if self.type == "array":
            if choices := ", ".join(map(str, self.items.get("enum", []))):
                return _("a list of {choices}", choices=choices)
            return _("a list of ids, {range}", range=_range(self.items, _("whole numbers")))
        words = {"boolean": _("true or false"), "string": _("a text")}
        number = _("a whole number") if self.type == "integer" else _("a number")
        return words.get(self.type) or _range(self.schema, number)

    @property
    def refusal(self) -> Translatable:
        """Said of any other value: "batch_size must be a whole number from 1 to 1,000."."""
        return self.refused(self.name)

    def refused(self, name: str) -> Translatable:
        """The same, under the name that whoever gave it knows."""
        return _("{name} must be {allowed}.", name=name, allowed=self.allowed)

    @property
    def help(self) -> str:
        """What it is for, what may be given, and what it is otherwise; in the active language."""
        parts = [translated(Translatable(self.description))] if self.description else []
        if self.type != "boolean":
            allowed = translated(self.allowed)
            parts.append(f"{allowed[:1].upper()}{allowed[1:]}.")
        if not self.required:
            parts.append(translated(_("Default: {value}.", value=in_words(self.default))))
        return " ".join(filter(None, parts))


def _range(schema: Mapping[str, Any], what: str) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        return what
    if high == BIGGEST_ID:
        return _("{what} from {low:,} to 2^63 - 1", what=what, low=low)
    return _("{what} from {low:,} to {high:,}", what=what, low=low, high=high)


def in_words(value: Any) -> str:
    """A default as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    return _("none") if value is None else str(value)


class Params(BaseModel):
    """Parameters of a job. Values are taken as they are, never converted: no "5" for 5, no 1 for true."""

    # Subclasses have a field for each, with bounds, a default unless it is required, and a description for people.

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        field_title_generator=lambda name, field: title(name),
    )

    @classmethod
    def from_settings(cls) -> dict[str, Any]:
        """Defaults of the project as it is set up now, in place of those that are declared."""
        return {}

    @classmethod
    def unattended(cls) -> dict[str, Any]:
        """What of these is otherwise where a schedule or a trigger starts the job, and does not say."""
        return {}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """With the defaults that count now; as declared for a command that is asked before there are tables."""
        shape: dict[str, Any] = handler(schema)
        properties = handler.resolve_ref_schema(shape).get("properties", {})
        try:
            now = cls.from_settings()
        except DatabaseError:
            now = {}
        for name, default in now.items():
            properties[name]["default"] = default
        return shape

    @classmethod
    def parameters(cls) -> list[Parameter]:
        """What it takes, in the order of declaration."""
        schema = cls.model_json_schema()
        found = []
        for name, declared in schema.get("properties", {}).items():
            choices = declared.get("anyOf", [])
            values = next((choice for choice in choices if choice["type"] != "null"), declared)
            found.append(
                Parameter(
                    name=name,
                    label=declared["title"],
                    description=declared.get("description", ""),
                    default=declared.get("default"),
                    required=name in schema.get("required", []),
                    schema=values,
                    nullable=any(choice["type"] == "null" for choice in choices),
                )
            )
        return found

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its given or default value. Raises BadRequest for unknown names and bad values."""
        if unknown := sorted(map(str, set(given) - set(cls.model_fields))):
            shown = named([name[:50] for name in unknown], MAX_NAMES)
            known = ", ".join(cls.model_fields) or _("none")
            raise BadRequest(_("Unknown parameter: {names}. Known are: {known}.", names=shown, known=known))
        required = [name for name, field in cls.model_fields.items() if field.is_required()]
        if missing := [name for name in required if name not in given]:
            raise BadRequest(_("Missing parameter: {names}.", names=", ".join(missing)))
        try:
            return cls.model_validate(cls.from_settings() | dict(given)).model_dump()
        except ValidationError as error:
            raise BadRequest(cls._wrong(error)) from error

    @classmethod
    def check_stored(cls, stored: Mapping[str, Any]) -> None:
        """Raise a permanent JobError if a job's row holds a value that a new job would not accept.

        An earlier version, or somebody's SQL, may have written it.
        """
        fields = cls.model_fields
        changed = {name: stored[name] for name in fields if name in stored and stored[name] != fields[name].default}
        missing = {name: stored.get(name) for name, field in fields.items() if field.is_required()}
        try:
            cls.model_validate(missing | changed)
        except ValidationError as error:
            wrong = cls._wrong(error)
            message = _("The job can't be run with its parameters: {reason} Start a new one.", reason=wrong)
            raise JobError("bad_parameters", message, permanent=True) from error

    @classmethod
    def _wrong(cls, error: ValidationError) -> str:
        """The first thing that is wrong."""
        first = error.errors(include_url=False, include_input=False)[0]
        name = first["loc"][0]
        if first["type"] == "too_long":
            size = {"most": first["ctx"]["max_length"], "given": first["ctx"]["actual_length"]}
            return _("{name} must be a list of at most {most:,} ids, not of {given:,}.", name=name, **size)
        if first["type"] == "too_short":
            return _("{name} must be a list of at least one id, or left out.", name=name)
        return next(known.refusal for known in cls.parameters() if known.name == name)
