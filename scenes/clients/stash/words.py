"""Words of Stash that tell something."""

from __future__ import annotations

import re

# What SQLite, Go and the system say when it is Stash that is in trouble, and not what it was asked for.
ITS_OWN_TROUBLE = re.compile(
    r"disk is full|no space left|disk quota exceeded|disk i/o error|input/output error|disk image is malformed"
    r"|read-?only (database|file system)|unable to open database|database is closed|too many open files"
    r"|cannot allocate memory|context (canceled|deadline exceeded)",
    re.IGNORECASE,
)
