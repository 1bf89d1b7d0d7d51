"""What of a record goes to the log."""

import logging


class RefusalsInALine(logging.Filter):
    """Drops the traceback of a refused request: it tells nothing, and anybody could fill a disk with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
