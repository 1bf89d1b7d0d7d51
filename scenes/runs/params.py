"""The parameters of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.conf import settings
from django.utils.translation import gettext_noop as _
from pydantic import AfterValidator, Field

from jobs.declare.params import Params
from scenes import configuration
from scenes.analysis import detectors
from scenes.configuration.run_defaults import DETECTORS, STEPS, DetectorName, StepKey


def in_order_of(known: Sequence[str]) -> Callable[[list[str]], list[str]]:
    """Each name once, in the order of those that are known."""
    return lambda names: [name for name in known if name in names]


class RunParams(Params):
    batch_size: int = Field(100, ge=1, le=1000, description=_("How many scenes are analysed together."))
    max_parallel_batches: int = Field(2, ge=1, le=16, description=_("How many batches are analysed together."))
    skip: Annotated[list[StepKey], AfterValidator(in_order_of(STEPS))] = Field(
        [], description=_("What this run does not do.")
    )
    max_attempts: int = Field(
        settings.JOBS_MAX_ATTEMPTS,
        ge=1,
        le=100,
        description=_("How often a part of the run is tried, when a service fails for a while."),
    )
    retry_delay: float = Field(
        settings.JOBS_RETRY_DELAY, ge=0, le=3600, description=_("In seconds; each further wait is twice as long.")
    )
    max_scenes: int | None = Field(
        None, ge=1, le=1_000_000, description=_("How many scenes are analysed, the newest first. Empty: all that wait.")
    )
    outdated_scenes: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description=_("How many scenes newer models of the tagger look at again, the newest first."),
    )
    detectors: Annotated[list[DetectorName], AfterValidator(in_order_of(DETECTORS))] = Field(
        [name for name in DETECTORS if name in detectors.ENABLED],
        description=_("What looks for tags and names in the scenes."),
    )
    auto_approve: bool = Field(
        True, description=_("Yes: what is found is written to Stash. No: it waits under “Review”.")
    )
    dry_run: bool = Field(False, description=_("Only report what would be done, and write nothing."))

    @classmethod
    def from_settings(cls) -> dict[str, Any]:
        config = configuration.current()
        return {
            "batch_size": config.batch_size,
            "max_parallel_batches": config.max_parallel_batches,
            "skip": in_order_of(STEPS)(list(config.skip)),
            "max_scenes": config.max_scenes or None,
            "outdated_scenes": config.outdated_scenes,
            "detectors": in_order_of(DETECTORS)(list(config.detectors)),
            "auto_approve": config.auto_approve,
            "dry_run": config.dry_run,
        }

    @classmethod
    def unattended(cls) -> dict[str, Any]:
        """At most so many scenes: a big backlog must not keep new downloads waiting."""
        config = configuration.current()
        bounds = [most for most in (config.max_scenes, config.unattended_scenes) if most]
        return {"max_scenes": min(bounds, default=None)}
