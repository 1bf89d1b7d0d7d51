"""The sub-job `analysis`: scenes → a plan of changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.declare.params import Ids, Params
from jobs.declare.registry import task
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from scenes import configuration, services
from scenes.analysis import detectors
from scenes.analysis.batches import put_in_batch, scenes_of
from scenes.analysis.reporting import report
from scenes.crash_points import CrashPoint

if TYPE_CHECKING:
    from scenes.analysis.scene_inputs import LibraryTags
    from scenes.analysis.tagger.asking import Asker
    from scenes.clients.llm.client import LlmClient
    from scenes.sync.folders import LibraryFolders

BATCH = 100  # scenes, when none are named


class AnalysisParams(Params):
    scene_ids: Ids = Field([], description=_("By their numbers in Stash. Empty: those that wait, at most 100."))
    detect_video_tags: bool = Field(True, description=_("The video tagger looks at the film."))
    detect_performers: bool = Field(
        False, description=_("Names of performers are looked for in titles, details and paths.")
    )
    detect_studios: bool = Field(False, description=_("Names of studios are looked for in titles, details and paths."))
    detect_tags: bool = Field(True, description=_("Names of tags are looked for in titles, details and paths."))
    detect_details: bool = Field(False, description=_("HTML and superfluous white space are taken out of the details."))
    detect_media_tags: bool = Field(
        False, description=_("Tags for the resolution, frame rate and orientation of the file, and for VR.")
    )
    detect_names_by_llm: bool = Field(
        False, description=_("The language model is asked for names that are not found otherwise.")
    )
    outdated: bool = Field(
        False,
        description=_("The tagger looks again at what older models of it saw, and at nothing else."),
    )
    max_scenes: int = Field(
        BATCH,
        ge=1,
        le=1000,
        description=_("How many scenes that older models saw, the newest first, where none are named."),
    )
    auto_approve: bool = Field(
        True, description=_("Yes: what is found is written to Stash. No: it waits under “Review”.")
    )

    @classmethod
    def from_settings(cls) -> dict[str, Any]:
        config = configuration.current()
        return detectors.switches(config.detectors) | {"auto_approve": config.auto_approve}


@task("analysis", params=AnalysisParams, report=report, on_start=put_in_batch)
def analysis(job: JobContext) -> None:
    from scenes.analysis.analysing import analyse, plan_of
    from scenes.analysis.scene_inputs import LibraryTags
    from scenes.analysis.tagger.asking import asker_for
    from scenes.attribution.tagger_places import TaggerPlaces
    from scenes.plans.guard import refuse_another_library
    from scenes.sync.folders import known_folders

    refuse_another_library()
    wanted = [name for name in detectors.DEFAULTS if job.params[name]]
    if job.params.get("outdated"):
        ask_for_models(job)
    scene_ids = scenes_of(job, wanted, BATCH)
    why_none = detectors.why_none(wanted)
    if why_none or not scene_ids:
        nothing = _("Nothing is outdated") if job.params.get("outdated") else _("No scene is due")
        job.progress(0, 0, why_none or nothing)
        return
    if note := detectors.note(wanted):
        job.log(note, Event.Level.WARNING)
    folders = known_folders(job)
    config = configuration.current()
    places = TaggerPlaces(config.path_map, folders)
    ours = (config.path_map.to_theirs("stash", str(folder)) for folder in config.destinations.folders)
    # What a destination is called says nothing of its films, as little as the name of Stash's own folder does.
    tags = LibraryTags()
    asker = asker_for(job, tags) if detectors.VIDEO_TAGS in wanted else None
    usable = detectors_for(job, wanted, folders.with_inner(ours), tags, asker)
    analyse(job, plan_of(job, scene_ids), usable, places, asker)
    crash_point(CrashPoint.PLAN_APPROVED)


def ask_for_models(job: JobContext) -> None:
    """Keep which models the taggers have now. Raises ServiceError if none of them answers."""
    from scenes.analysis.tagger.models import remember
    from scenes.clients.base import ServiceError

    taggers = services.taggers(job)
    away: list[ServiceError] = []
    for url, tagger in taggers.items():
        try:
            models = tagger.models()
        except ServiceError as error:
            away.append(error)
            continue
        with job.transaction():
            remember(url, models)
    if away and len(away) == len(taggers):
        raise away[0]


def detectors_for(
    job: JobContext, wanted: Sequence[str], folders: LibraryFolders, tags: LibraryTags, asker: Asker | None
) -> list[detectors.Detector]:
    """Those that are wanted and can be used. The tagger first: when it is away, nothing else need be analysed."""
    from scenes.analysis.backoff import RetryingDetector
    from scenes.analysis.details import Details
    from scenes.analysis.media import MediaTags
    from scenes.analysis.names import PerformerNames, StudioNames, TagNames
    from scenes.analysis.video_tags.detector import VideoTags

    config = configuration.current()
    made: list[detectors.Detector] = []
    if asker is not None:
        made.append(RetryingDetector(job, VideoTags(asker, tags, config)))
    by_rules: dict[str, Callable[[], detectors.Detector]] = {
        detectors.PERFORMERS: lambda: PerformerNames(folders),
        detectors.STUDIOS: lambda: StudioNames(folders),
        detectors.TAGS: lambda: TagNames(tags, config.tag_suffix, folders),
        detectors.DETAILS: Details,
        detectors.MEDIA_TAGS: lambda: MediaTags(tags, dict(config.media_tags)),
    }
    made += [make() for name, make in by_rules.items() if name in wanted]
    if detectors.NAMES_BY_LLM in wanted and (llm := services.llm(job)):
        made.append(by_language_model(job, llm, tags, folders))
    return made


def by_language_model(
    job: JobContext, llm: LlmClient, tags: LibraryTags, folders: LibraryFolders
) -> detectors.Detector:
    """The detector that asks a language model, for the kinds of names that the settings say."""
    from scenes.analysis.language_model.budget import Prices
    from scenes.analysis.language_model.detector import NamesByLlm
    from scenes.analysis.names import NameDetector, PerformerNames, StudioNames, TagNames

    config = configuration.current()
    kinds: dict[str, Callable[[], NameDetector]] = {
        "performers": lambda: PerformerNames(folders),
        "studios": lambda: StudioNames(folders),
        "tags": lambda: TagNames(tags, config.tag_suffix, folders),
    }
    made = {kind: make() for kind, make in kinds.items() if kind in config.llm_names}
    return NamesByLlm(job, llm, Prices.of(config), made)
