"""Errors of the API: one format for every status.

{"error": {"code": "already_running", "message": "A sentence.", "detail": {…}}}
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from jobs.engine import holding
from jobs.errors import AlreadyRunning, BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import Forbidden
from jobs.texts.nul import has_nul
from jobs.web.api.idempotency import KeyReused

CODES = {
    400: ("bad_request", "The request can't be understood."),
    401: ("not_logged_in", "Log in, or send an API token that is neither expired nor revoked: Authorization: Bearer …"),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "Send JSON, and say so: Content-Type: application/json."),
    422: (
        "idempotency_key_reused",
        "This Idempotency-Key came with another request before: give each thing that is to be made a new one.",
    ),
    429: ("too_many", "Too much at once: come again later."),
    500: ("internal_error", "Something went wrong; the log of the server says what."),
    503: ("database_away", "The database can't be used at the moment. Nothing is lost; try again in a few seconds."),
}
MAX_ERRORS = 5  # of the things that are wrong with a request
LONGEST_NAME = 50  # characters, of a field that whoever asks may have named


class TooMany(Exception):
    """{message}: whoever asks has as many connections open as may be."""


class NoJson(Exception):
    """The body is something else than JSON, by its own word."""


# Answered in the words above.
USUAL: dict[type[Exception], int] = {Http404: 404, RequestDataTooBig: 413, KeyReused: 422}


def error_body(status: int, message: str = "", *, code: str = "", **detail: Any) -> dict[str, Any]:
    """The body for a status; code and message are the usual ones of the status unless given."""
    usual_code, usual_message = CODES.get(status, (f"status_{status}", f"The answer is status {status}."))
    return {"error": {"code": code or usual_code, "message": message or usual_message, "detail": detail}}


def error_response(status: int, message: str = "", *, code: str = "", **detail: Any) -> HttpResponse:
    return JsonResponse(error_body(status, message, code=code, **detail), status=status)


def install(api: NinjaAPI) -> None:
    """Make the API answer its errors in the one format."""
    install_of_jobs(api)
    install_refusals(api)

    @api.exception_handler(BadRequest)
    def bad_request(request: HttpRequest, error: BadRequest) -> HttpResponse:
        return error_response(400, str(error))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return invalid_response(error.errors)

    for kind, status in USUAL.items():
        api.add_exception_handler(kind, partial(usual_response, status))

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        # ninja takes whatever a parser raises for a 400.
        if isinstance(error.__cause__, NoJson):
            return error_response(415)
        if isinstance(error.__cause__, BadRequest):
            return error_response(400, str(error.__cause__))
        # A 401's own word says less than ours.
        return error_response(error.status_code, "" if error.status_code == 401 else str(error))


def invalid_response(errors: list[dict[str, Any]]) -> HttpResponse:
    """What is wrong with a request, at most MAX_ERRORS of it: where, and what."""
    wrong = [
        {"where": ".".join(str(part)[:LONGEST_NAME] for part in item["loc"]), "what": item["msg"]}
        for item in errors[:MAX_ERRORS]
    ]
    message = "; ".join(f"{item['where']}: {item['what']}" for item in wrong)
    if more := len(errors) - len(wrong):
        message += f"; and {more:,} more"
    return error_response(400, message, code="invalid", errors=wrong)


def usual_response(status: int, request: HttpRequest, error: Any) -> HttpResponse:
    """In the words of the status."""
    return error_response(status)


def install_of_jobs(api: NinjaAPI) -> None:
    """Of what can't be done with a job."""

    @api.exception_handler(AlreadyRunning)
    def already_running(request: HttpRequest, error: AlreadyRunning) -> HttpResponse:
        active = str(error.active_id) if error.active_id else None
        held = holding.waits_for(error.active_id) if error.active_id else ""
        way = "…/run-now has it go on" if holding.is_quiet(held) else "resume"
        message = f"One is running already, and waits ({held}): {way}, or …/cancel ends it."
        message = message if held else "One is running already: wait for its end, or cancel it."
        return error_response(409, message, code="already_running", active_job_id=active)

    @api.exception_handler(NotPossible)
    def not_possible(request: HttpRequest, error: NotPossible) -> HttpResponse:
        return error_response(409, str(error), code="not_possible")

    @api.exception_handler(Job.DoesNotExist)
    def no_job(request: HttpRequest, error: Job.DoesNotExist) -> HttpResponse:
        return error_response(404, "There is no job with this id.")


def install_refusals(api: NinjaAPI) -> None:
    """Of what the user may not do, or not now."""

    @api.exception_handler(Forbidden)
    def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
        return error_response(403, str(error), permission=error.permission)

    @api.exception_handler(TooMany)
    def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
        answer = error_response(429, str(error))
        answer.headers["Retry-After"] = "60"
        return answer


class JsonParser(Parser):
    """Bodies are JSON and say so: what a form of another site can send, without a question, is none."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise NoJson
        found = super().parse_body(request)
        if has_nul(request.body):
            raise BadRequest(f"{where_nul_is(found)}: a text can't have a NUL character.")
        if b"\\ud" in request.body.lower():
            refuse_halves(found)
        return found


def where_nul_is(found: Any, path: str = "") -> str:
    """The place of a text with a NUL: "tags.0"; empty when there is none."""
    if isinstance(found, str):
        return path[:LONGEST_NAME] or "body" if "\0" in found else ""
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in items:
        below = f"{path}.{key}".lstrip(".")
        if where := where_nul_is(str(key), below) or where_nul_is(value, below):
            return where.replace("\0", "")
    return ""


def refuse_halves(found: Any) -> None:
    """Raise BadRequest for half of a character, which JSON can write and nothing can store."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadRequest("A text has half of a character (a lone surrogate).") from None
