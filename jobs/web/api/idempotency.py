"""The header Idempotency-Key: what a request made is made once, and a second one gets the answer of the first."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from ninja import Status
from pydantic_core import to_json

from jobs.errors import BadRequest
from jobs.models import IdempotencyKey
from jobs.models.idempotency import KEPT_FOR

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HEADER = "Idempotency-Key"
FORM = re.compile(r"[!-~]{1,200}")
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "pattern": f"^{FORM.pattern}$"},
    "description": "A new text for each thing that is to be made, such as a UUID. Sent again with it within 24 hours, "
    "the same request makes nothing and gets the same answer; another request is answered 422.",
}
DOCUMENTED: dict[str, Any] = {"parameters": [PARAMETER]}

View = Callable[..., Any]


class KeyReused(Exception):
    """This Idempotency-Key came with another request before: give each thing that is to be made a new one."""


def idempotent(view: View) -> View:
    """A decorator below a route's, whose view returns a `ninja.Status`. Only what succeeds is remembered.

    The answer is saved in the transaction of the view, which must be short: both are there, or neither.
    """

    @wraps(view)
    def once(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(request, *args, **kwargs)
        if not FORM.fullmatch(key):
            raise BadRequest(f"{HEADER} must be 1 to 200 printable ASCII characters without spaces.")
        with transaction.atomic():
            row, is_new = take(request, key)
            if is_new:
                made: Status[Any] = view(request, *args, **kwargs)
                row.status, row.answer = made.status_code, json.loads(to_json(made.value))
                row.save(update_fields=["status", "answer"])
        return JsonResponse(row.answer, status=row.status)

    # ninja looks the names of annotations up in the module of the function that it is given.
    once.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
    return once


def take(request: HttpRequest, key: str) -> tuple[IdempotencyKey, bool]:
    """The row of the key, and whether it is new; waits for who has it in hand. Raises KeyReused."""
    asked = digest_of(request)
    ours = IdempotencyKey.objects.filter(user=request.user.pk, key=key)
    ours.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    row = IdempotencyKey(user=cast("User", request.user), key=key, request=asked)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return row, True
    except IntegrityError:
        known = ours.get()
    if known.request != asked:
        raise KeyReused
    return known, False


def digest_of(request: HttpRequest) -> str:
    """Of all that says what is to be made."""
    content = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(content).hexdigest()
