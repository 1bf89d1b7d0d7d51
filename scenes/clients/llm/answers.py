"""What a language model's answer means. It may be anything: text, half a document, a refusal.

The frame is that of OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat/object), which
llama.cpp, Ollama, vLLM and LM Studio keep; of it only what is used is looked at. Token counts may be missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from jobs.texts.translatable import Translatable as _
from scenes.clients.validators import or_none

MOST_NAMES = 20  # of a kind, for one scene: more is no answer about a scene
LONGEST_NAME = 255
HIGHEST = 10_000_000  # tokens of one question
FENCED = re.compile(r"\A```[^\n]*\n(.*)```\Z", re.DOTALL)  # what small models put around JSON


class LenientModel(BaseModel):
    """An object of which other members are ignored, as each server adds some of its own."""

    model_config = ConfigDict(extra="ignore")


Tokens = Annotated[int, Field(ge=0, le=HIGHEST)]


class Usage(LenientModel):
    prompt_tokens: Tokens = 0
    completion_tokens: Tokens = 0


class ChatMessage(LenientModel):
    content: str | None = None
    refusal: str | None = None


class ChatChoice(LenientModel):
    message: ChatMessage
    finish_reason: str | None = None


class ChatCompletion(LenientModel):
    choices: Annotated[list[ChatChoice], Field(min_length=1)]
    usage: Annotated[Usage | None, WrapValidator(or_none)] = None


Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"^[^\x00]*\z")]
SomeNames = Annotated[list[Name], Field(max_length=MOST_NAMES)]


class Mentioned(BaseModel):
    """The names that a scene's texts mention, as the model writes them; nothing of it is believed unchecked."""

    model_config = ConfigDict(extra="forbid")

    performers: SomeNames
    studios: SomeNames
    tags: SomeNames


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one question, as the server counts them; zeros where it does not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Unusable(ValueError):
    """The answer {message}."""


def mentioned(answer: ChatCompletion) -> Mentioned:
    """The names of an answer. Raises Unusable."""
    completion = answer.choices[0]
    content = completion.message.content
    if completion.message.refusal or completion.finish_reason == "content_filter":
        raise Unusable(_("is a refusal"))
    if completion.finish_reason == "length":
        raise Unusable(_("was cut off at its longest length"))
    if not content:
        raise Unusable(_("is empty"))
    try:
        return Mentioned.model_validate_json(FENCED.sub(r"\1", content.strip()))
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise Unusable(
            _("is not the document that was asked for ({place}: {msg})", place=place, msg=first["msg"])
        ) from None
