"""How lines of the log look, if not as text."""

from __future__ import annotations

from datetime import UTC, datetime
from logging import Formatter, LogRecord
from typing import Any

from jobs.log_ids import NAMES


def json_lines() -> Formatter:
    """An object in each line: time (ISO 8601, UTC), level, logger, message, and where there are such: run, step, job,
    exception (with its traceback).
    """
    from pythonjsonlogger.json import JsonFormatter  # where it is wanted

    class JsonLines(JsonFormatter):
        def formatTime(self, record: LogRecord, datefmt: str | None = None) -> str:
            return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

        def add_fields(self, log_data: dict[str, Any], record: LogRecord, message_dict: dict[str, Any]) -> None:
            """Those alone: of what others put into a record, such as a request, nobody knows what it holds."""
            super().add_fields(log_data, record, message_dict)
            known = {"time", "level", "logger", "message", "exception", "stack", *NAMES}
            for name in [name for name in log_data if name not in known or log_data[name] in ("", None)]:
                del log_data[name]

    return JsonLines(
        ["asctime", "levelname", "name", "message"],
        rename_fields={
            "asctime": "time", "levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack",
        },
    )  # fmt: skip
