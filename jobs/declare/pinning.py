"""What a run keeps of the project's settings from its start to its end, so that it does not change half-way.

A project that has such settings names its `Pinning` in JOBS_PINNING; without one nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from django.utils.module_loading import import_string

from jobs.conf import conf


class Pinning:
    """``pinned()`` is written to a run when it starts; each attempt of its jobs happens within `applied`."""

    def pinned(self) -> dict[str, str]:
        return {}

    def applied(self, pinned: Mapping[str, str]) -> AbstractContextManager[None]:
        return nullcontext()


@cache
def pinning() -> Pinning:
    return import_string(conf.pinning)() if conf.pinning else Pinning()
