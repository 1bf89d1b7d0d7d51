"""The settings that a run takes its parameters from, unless whoever starts it says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import NONE, SECONDS, Number, Switch, WordSet
from scenes.words import DETECTORS as NAMES

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
STEPS_SAID = (
    _("Process downloads"),
    _("Stash metadata scan"),
    _("Incremental sync"),
    _("Analyse scenes"),
    _("Generate metadata"),
    _("Completion"),
)
RUNS = "runs"


@dataclass(frozen=True)
class RunDefaults:
    """What a job keeps of these when it starts are its parameters, so none of them is pinned."""

    batch_size: int = setting(
        Number(1, 1000, whole=True),
        _("Batch size"),
        _("How many scenes are analysed together"),
        group=RUNS,
        default="100",
    )
    max_parallel_batches: int = setting(
        Number(1, 16, whole=True),
        _("Batches at once"),
        _(
            "How many batches are analysed together; one more when the tagger has all films of these and room for "
            "others"
        ),
        group=RUNS,
        default="2",
    )
    skip: frozenset[str] = setting(
        WordSet(STEPS, STEPS_SAID), _("Steps to leave out"), _("What no run does"), group=RUNS
    )
    detectors: frozenset[str] = setting(
        WordSet((*DETECTORS, NONE), (*(NAMES[name] for name in DETECTORS), _("None of them"))),
        _("Detectors"),
        _("What looks for tags and names in new scenes"),
        group=RUNS,
        default="detect_video_tags,detect_tags",
    )
    max_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of a run"),
        _("How many scenes one run analyses at most, the newest first. 0: all that wait"),
        group=RUNS,
        default="0",
    )
    unattended_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of a run by itself"),
        _(
            "How many scenes a run analyses at most that a schedule or a finished download started, the newest first: "
            "so new downloads don't wait for a big backlog. 0: as many as any run"
        ),
        group=RUNS,
        default="500",
    )
    trigger_wait: float = setting(
        Number(0, 300, unit=SECONDS),
        _("Wait after a finished download"),
        _("How long no other download may finish before the run for it begins; it waits at most five minutes in all"),
        group=RUNS,
        default="15",
    )
    outdated_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Outdated scenes of a run"),
        _(
            "When the tagger has a newer model, each run asks it again for so many scenes that an older one saw, the "
            "newest first. 0: none"
        ),
        group=RUNS,
        default="0",
    )
    auto_approve: bool = setting(
        Switch(),
        _("Approve by itself"),
        _("Yes: what an analysis finds is written to Stash. No: it waits under “Review” for a person"),
        group=RUNS,
        default="yes",
    )
    dry_run: bool = setting(
        Switch(),
        _("Dry run"),
        _("Yes: runs only report what they would do, and write nothing, for a first look"),
        group=RUNS,
        default="no",
    )
