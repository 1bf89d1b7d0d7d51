"""How lines of the log look, if not as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from logging import Formatter, LogRecord
from typing import Any

from jobs.log_ids import NAMES

# Characters; a longer line would be cut on its way (`stashhog.ops.together`), and no object any more.
LONGEST = {"message": 2500, "exception": 2500, "stack": 1000}


def json_lines() -> Formatter:
    """An object in each line: time (ISO 8601, UTC), level, logger, message, and where there are such: run, step, job,
    exception (the end of its traceback).
    """
    from pythonjsonlogger.json import JsonFormatter  # where it is wanted

    class JsonLines(JsonFormatter):
        def formatTime(self, record: LogRecord, datefmt: str | None = None) -> str:
            return time_of(record.created)

        def add_fields(self, log_data: dict[str, Any], record: LogRecord, message_dict: dict[str, Any]) -> None:
            """Those alone: of what others put into a record, such as a request, nobody knows what it holds."""
            super().add_fields(log_data, record, message_dict)
            known = {"time", "level", "logger", *LONGEST, *NAMES}
            for name in [name for name in log_data if name not in known or log_data[name] in ("", None)]:
                del log_data[name]
            for name in LONGEST.keys() & log_data.keys():
                log_data[name] = shortened(str(log_data[name]), LONGEST[name])

    return JsonLines(
        ["asctime", "levelname", "name", "message"],
        rename_fields={
            "asctime": "time", "levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack",
        },
    )  # fmt: skip


def json_line(logger: str, message: str, at: float) -> str:
    """A line of what did not come through the log. ``at``: seconds since 1970."""
    fields = {"time": time_of(at), "level": "INFO", "logger": logger, "message": message[: LONGEST["message"]]}
    return json.dumps(fields)


def time_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def shortened(text: str, longest: int) -> str:
    """Its end, which says what went wrong."""
    return text if len(text) <= longest else f"… {text[-longest:]}"
