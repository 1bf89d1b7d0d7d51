"""Of requests to the API."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("bad_request", "the request can't be understood", _("do what the message says")),
    Code("invalid", "some fields are not as they should be", _("`detail.errors` names each")),
    Code(
        "not_logged_in",
        "no login, and no valid token",
        _("log in, or send a token ([who may do what](operations.md#who-may-do-what))"),
    ),
    Code("method_not_allowed", "the address does not take this method", _("look into `/api/docs`")),
    Code("already_running", "one is running already", _("wait for it or cancel it; `detail.active_job_id`")),
    Code("not_possible", "the job is not in a state for this", _("look at its status")),
    Code("too_large", "the request is too large", _("send less at once")),
    Code("unsupported_media_type", "the body is not said to be JSON", _("send `Content-Type: application/json`")),
    Code(
        "idempotency_key_reused",
        "this `Idempotency-Key` came with another request before",
        _("give each thing that is to be made a new key"),
    ),
    Code("too_many", "too much at once", _("come again after `Retry-After` seconds")),
    Code("database_away", "the database can't be used at the moment", _("try again in a few seconds")),
)
