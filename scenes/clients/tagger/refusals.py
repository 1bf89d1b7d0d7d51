"""What a refusal of the tagger says: whether it is about the film or about the server.

Since it catches its errors and raises them again as 400, each time with the status before the words, what counts is
the last status in front of them: "400: 504: Video processing timed out" is a 504.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from scenes.clients.http_service import Answer

STATUSES = re.compile(r"\s*((?:[1-5]\d\d\s*:\s*)+)(?=\D|$)")
MAX_STATUSES = 100  # characters of a refusal in which they are looked for
GATEWAY_TIMEOUT, NO_MODEL, NOT_READY = 504, 501, 503
ABOUT_ALL_FILMS = (401, 403, 408, 429, NO_MODEL, NOT_READY)


class _Detail(TypedDict):
    detail: Any


_DETAIL = TypeAdapter(_Detail)


def words_of(answer: Answer) -> tuple[int, str]:
    """The status that a 400 stands for, and its words without it."""
    try:
        text = str(_DETAIL.validate_json(answer.body)["detail"]).rstrip(".")
    except ValidationError:
        text = answer.text
    found = STATUSES.match(text[:MAX_STATUSES])
    if not found:
        return answer.status, text
    return int(re.findall(r"\d{3}", found[1])[-1]), text[found.end() :]


def is_about_the_film(status: int) -> bool:
    """Of a status in the words of a 400."""
    return status < 500 and status not in ABOUT_ALL_FILMS


def is_about_all_films(status: int) -> bool:
    """Likewise: that whatever film comes next would get it too."""
    return status in ABOUT_ALL_FILMS
