"""Errors of the API: one format for every status.

{"error": {"code": "already_running", "message": "A sentence.", "detail": {…}}}
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from jobs.errors import AlreadyRunning, BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import Forbidden

CODES = {
    400: ("bad_request", "The request can't be understood."),
    401: ("not_logged_in", "Log in, or send an API token that is neither expired nor revoked: Authorization: Bearer …"),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The request is too large."),
    500: ("internal_error", "Something went wrong; the log of the server says what."),
    503: ("database_away", "The database can't be used at the moment. Nothing is lost; try again in a few seconds."),
}


MAX_ERRORS = 5  # of the things that are wrong with a request
LONGEST_NAME = 50  # characters, of a field that whoever asks may have named

USUAL: dict[type[Exception], int] = {Http404: 404, RequestDataTooBig: 413}  # answered in the words above


def error_body(status: int, message: str = "", *, code: str = "", **detail: Any) -> dict[str, Any]:
    """The body for a status; code and message are the usual ones of the status unless given."""
    usual_code, usual_message = CODES.get(status, (f"status_{status}", f"The answer is status {status}."))
    return {"error": {"code": code or usual_code, "message": message or usual_message, "detail": detail}}


def error_response(status: int, message: str = "", *, code: str = "", **detail: Any) -> HttpResponse:
    return JsonResponse(error_body(status, message, code=code, **detail), status=status)


def install(api: NinjaAPI) -> None:
    """Make the API answer its errors in the one format."""
    install_refusal(api)

    @api.exception_handler(BadRequest)
    def bad_request(request: HttpRequest, error: BadRequest) -> HttpResponse:
        return error_response(400, str(error))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return invalid_response(error.errors)

    @api.exception_handler(AlreadyRunning)
    def already_running(request: HttpRequest, error: AlreadyRunning) -> HttpResponse:
        active = str(error.active_id) if error.active_id else None
        message = "One is running already: wait for its end, or cancel it."
        return error_response(409, message, code="already_running", active_job_id=active)

    @api.exception_handler(NotPossible)
    def not_possible(request: HttpRequest, error: NotPossible) -> HttpResponse:
        return error_response(409, str(error), code="not_possible")

    @api.exception_handler(Job.DoesNotExist)
    def no_job(request: HttpRequest, error: Job.DoesNotExist) -> HttpResponse:
        return error_response(404, "There is no job with this id.")

    for kind, status in USUAL.items():
        api.add_exception_handler(kind, partial(usual_response, status))

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
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


def install_refusal(api: NinjaAPI) -> None:
    """Of what the user may not do."""

    @api.exception_handler(Forbidden)
    def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
        return error_response(403, str(error), permission=error.permission)
