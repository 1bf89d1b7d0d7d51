"""The settings that a run takes its parameters from, unless whoever starts it says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import Number, Switch, WordSet

StepKey = Literal[
    "process_downloads", "stash_scan", "incremental_sync", "analysis_batches", "stash_generate", "completion"
]
STEPS: tuple[StepKey, ...] = get_args(StepKey)
DetectorName = Literal[
    "detect_video_tags",
    "detect_performers",
    "detect_studios",
    "detect_tags",
    "detect_details",
    "detect_media_tags",
    "detect_names_by_llm",
]
DETECTORS: tuple[DetectorName, ...] = get_args(DetectorName)
NONE = "none"
RUNS = "runs"


@dataclass(frozen=True)
class RunDefaults:
    """What a job keeps of these when it starts are its parameters, so none of them is pinned."""

    batch_size: int = setting(
        Number(1, 1000, whole=True), _("Batch size"), _("Scenes in a batch of the analysis"), group=RUNS, default="100"
    )
    max_parallel_batches: int = setting(
        Number(1, 16, whole=True),
        _("Batches at once"),
        _("Batches at once; one more when all films of these are asked for and a slot is free"),
        group=RUNS,
        default="2",
    )
    skip: frozenset[str] = setting(
        WordSet(STEPS), _("Steps to leave out"), _("Of each run (commas), of {options}"), group=RUNS
    )
    detectors: frozenset[str] = setting(
        WordSet((*DETECTORS, NONE)),
        _("Detectors"),
        _("What analyses scenes (commas), of {options}; none: nothing does"),
        group=RUNS,
        default="detect_video_tags,detect_tags",
    )
    max_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of a run"),
        _("Most scenes that one run analyses, the newest first; 0: as many as are due"),
        group=RUNS,
        default="0",
    )
    unattended_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of a run by itself"),
        _(
            "Most scenes that a run analyses which a schedule or a finished download started, the newest first, so "
            "that new downloads don't wait for a big backlog; 0: as many as any run"
        ),
        group=RUNS,
        default="500",
    )
    trigger_wait: float = setting(
        Number(0, 300),
        _("Wait after a finished download"),
        _("Seconds without another one, after which the run that it triggers is started; at most five minutes in all"),
        group=RUNS,
        default="15",
    )
    outdated_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Outdated scenes of a run"),
        _(
            "For so many scenes, the newest first, each run asks the tagger again for the categories of which it has a "
            "newer model than the one that saw them; 0: none"
        ),
        group=RUNS,
        default="0",
    )
    auto_approve: bool = setting(
        Switch(),
        _("Approve by itself"),
        _("yes writes to Stash what an analysis found; no has its changes wait for a person"),
        group=RUNS,
        default="yes",
    )
    dry_run: bool = setting(
        Switch(),
        _("Dry run"),
        _("yes has runs only report what they would do, and write nothing; for a first look"),
        group=RUNS,
        default="no",
    )
