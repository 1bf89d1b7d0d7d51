"""Of jobs, and of StashHog itself."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("bad_parameters", "the row holds what no job takes", _("start a new one")),
    Code(
        "database",
        "the database could not be used",
        _("make room on its disk, or get the PostgreSQL server to answer; it is tried again"),
    ),
    Code(
        "worker_lost",
        "the worker that ran it is gone, three times",
        _("look into the log of the worker (memory?), then retry"),
    ),
    Code("internal_error", "a fault of StashHog", _("report it with the log's traceback; a retry may help")),
)
