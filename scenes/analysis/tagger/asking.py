"""One film at the tagger: the question, the answer, and what a failure means for the film."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.waiting import Waiter
from scenes import configuration, services
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.tagger import models as tagger_models
from scenes.analysis.tagger.models import address_key
from scenes.analysis.tagger.pool import Ask, Pool
from scenes.analysis.tagger.seeing import Seen
from scenes.analysis.tagger.slots import Slots
from scenes.attribution.tagger import BROKEN_OFF, TaggerFailed
from scenes.clients.base import ServiceError
from scenes.clients.tagger.answers import VideoAnalysis
from scenes.clients.tagger.client import Question, TaggerClient, TaggerGaveUp
from scenes.clients.tagger.models import Model, by_category
from scenes.configuration import Configuration, named_setting
from scenes.models import SyncState
from scenes.plans import evidence

MAX_CRASHES = 2  # of a ready tagger, at the same film, before it is not asked for it again
FILM_CODES = ("refused_file", "unclear_answer", "timeout")  # error codes that a film may cause


@dataclass(frozen=True)
class LoadedModels:
    """What a tagger has: ``listed``, and by category as ``models`` and as our ``rows``; nothing before v3."""

    listed: list[Model] | None = None
    models: dict[str, Model] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SceneQuestion:
    """What a tagger was asked about a scene, and what it had then. ``renew``: the categories, if not all of them."""

    address: str
    question: Question
    loaded: LoadedModels
    renew: frozenset[str]


def asker_for(job: JobContext, tags: LibraryTags) -> Asker | None:
    """None when no tagger is set."""
    config = configuration.current()
    return Asker(job, tags, config) if config.tagger_urls else None


class Asker:
    """Asks for the films of a job, several at once.

    Its ``taggers`` wait for the job, its ``films`` for the pool, since the job's own limits are for one call at a time.
    """

    def __init__(self, job: JobContext, tags: LibraryTags, config: Configuration):
        self.job, self.config = job, config
        self.vr_tags = {tags.id_of(name) for name in (*config.vr_tags, SyncState.peek().vr_tag)} - {None}
        given_up = Waiter()
        self.taggers = {address_key(url): client for url, client in services.taggers(job, config).items()}
        self.films = {address_key(url): client for url, client in services.taggers(given_up, config).items()}
        self.urls = {address_key(url): url for url in config.tagger_urls}
        slots = Slots(job, config.tagger_parallel, list(self.taggers))
        self.pool = Pool(job, slots, self.begin, self.unfit, given_up)
        self.addresses: dict[int, str] = {}  # by scene
        self.asked: dict[int, SceneQuestion] = {}  # likewise, without those that could not be asked for
        self.crashes: dict[int, list[ServiceError]] = {}  # likewise
        self._loaded: dict[str, LoadedModels] = {}  # by address
        self._categories = tagger_models.by_address(config)  # as they were told of before
        self._others: dict[Model, int] = {}  # rows of models that were not listed

    def begin(self, scene_input: SceneInput, address: str) -> Ask:
        """The question about a scene, for a thread of the pool. Raises ServiceError."""
        self.asked.pop(scene_input.scene.pk, None)
        loaded = self.loaded_models(address)
        renew = self.renewed(scene_input, address)
        if scene_input.renew and not renew:
            missing = ", ".join(sorted(scene_input.renew))
            problem = _("has no model for {categories} now.", categories=missing)
            raise self.taggers[address].error("not_ready", problem, _("Are they all loaded?"))
        asked = self.asked[scene_input.scene.pk] = SceneQuestion(
            address, self.question(scene_input, loaded, renew), loaded, renew
        )
        return partial(self.films[address].process_video, asked.question)

    def renewed(self, scene_input: SceneInput, address: str) -> frozenset[str]:
        """The categories to be asked for again that the tagger looks for."""
        loaded = self._loaded.get(address)
        has = loaded.models.keys() if loaded else self._categories.get(address, frozenset())
        return (scene_input.renew or frozenset()) & has

    def unfit(self, scene_input: SceneInput) -> set[str]:
        """Taggers that look for nothing of what is to be asked for again: what they don't see means nothing."""
        if not scene_input.renew:
            return set()
        return {address for address in self.taggers if not self.renewed(scene_input, address)}

    def ask(self, scene_input: SceneInput) -> Seen:
        """What the tagger sees, of all categories or of those to be renewed. Raises TaggerFailed or ServiceError.

        TaggerFailed when the film may be at fault. A tagger that is still loading its models refuses every file with
        the same 400, and one that hangs gives no answer, so it is asked then whether it is ready: if it is not, the
        tagger is at fault, and that is raised.
        """
        answered, scene_input.answered = scene_input.answered, None
        if answered:
            self.addresses[scene_input.scene.pk] = answered.address
        address = self.addresses[scene_input.scene.pk]
        if answered is None:
            self.check_crashes(self.taggers[address], self.crashes.get(scene_input.scene.pk, []))
        try:
            analysis = answered.future.result() if answered else self.pool.ask(self.begin(scene_input, address))
        except ServiceError as error:
            self.film_failed(scene_input, address, error)
            raise
        asked = self.asked[scene_input.scene.pk]
        seen = self.seen(asked, analysis)
        scene_input.renew = asked.renew or scene_input.renew
        if scene_input.renew is None and unseen(scene_input, seen, asked.loaded):
            scene_input.renew = frozenset(seen.models)
            return replace(seen, is_partial=True)
        return seen

    def film_failed(self, scene_input: SceneInput, address: str, error: ServiceError) -> None:
        """Raise TaggerFailed if the film may be at fault, or what is wrong with the tagger if it is not ready."""
        assert scene_input.file is not None
        if scene_input.scene.pk not in self.asked:
            return
        if error.code == BROKEN_OFF:
            self.crashes.setdefault(scene_input.scene.pk, []).append(error)
        if error.code in FILM_CODES or isinstance(error, TaggerGaveUp):
            self.taggers[address].ready()
            ours = self.config.path_map.to_ours("stash", scene_input.file.path)
            raise TaggerFailed(joined(" ", [error.message, hint(ours)]), error) from error

    def check_crashes(self, tagger: TaggerClient, crashes: list[ServiceError]) -> None:
        """Of a film at which the connection broke off: the tagger must be ready again, and is not asked for ever."""
        if crashes:
            tagger.ready()
        if len(crashes) >= MAX_CRASHES:
            raise TaggerFailed(crashes[-1].message, crashes[-1])

    def loaded_models(self, address: str) -> LoadedModels:
        """What the tagger has now; kept in our rows if it is new. Raises ServiceError."""
        listed = self.taggers[address].known_models()
        loaded = self._loaded.get(address)
        if loaded is None or loaded.listed != listed:
            models = by_category(listed or ())
            with self.job.transaction():
                tagger_models.remember(self.urls[address], listed)
                loaded = self._loaded[address] = LoadedModels(listed, models, tagger_models.rows_of(models))
        return loaded

    def question(self, scene_input: SceneInput, loaded: LoadedModels, renew: frozenset[str]) -> Question:
        assert scene_input.file is not None
        ours = self.config.path_map.to_ours("stash", scene_input.file.path)
        skipped = loaded.models.keys() - renew if renew else ()
        return Question(
            self.config.path_map.to_theirs("tagger", ours),
            self.config.tagger_frame_interval,
            self.config.tagger_threshold,
            vr_video=not self.vr_tags.isdisjoint(scene_input.tag_ids),
            categories_to_skip=tuple(sorted(skipped)),
        )

    def seen(self, asked: SceneQuestion, analysis: VideoAnalysis) -> Seen:
        """With the models that were at work: those that the answer names before those that were listed."""
        question, loaded = asked.question, asked.loaded
        analysis = analysis.without(question.categories_to_skip)
        looked_for = {*loaded.models, *analysis.tags, *(span.category for span in analysis.spans)}
        named = by_category(analysis.models)
        models = {
            category: named.get(category) or loaded.models.get(category) or tagger_models.UNKNOWN
            for category in looked_for - set(question.categories_to_skip)
        }
        return Seen(
            analysis,
            analysis.frame_interval or question.frame_interval,
            question.threshold,
            self.rows_of(models, loaded),
            {
                name: evidence.DetectorModel(model.name, model.identifier, model.version, name)
                for name, model in models.items()
            },
            is_partial=bool(asked.renew),
        )

    def rows_of(self, models: dict[str, Model], loaded: LoadedModels) -> dict[str, int]:
        """Their rows; read only for models that were not listed."""
        known = {model: loaded.rows[category] for category, model in loaded.models.items()} | self._others
        if new := set(models.values()) - known.keys():
            with self.job.transaction():
                self._others |= {model: tagger_models.row_of(model) for model in new}
            known |= self._others
        return {category: known[model] for category, model in models.items()}


def unseen(scene_input: SceneInput, seen: Seen, loaded: LoadedModels) -> bool:
    """Whether something was seen earlier of categories that this tagger has not: what it does not see means nothing.

    An old one does not tell what it has: of its own earlier answers it says nothing about what it sees no more.
    """
    rows = [row for row in scene_input.kept_results if row.category not in seen.models]
    return any(loaded.listed is not None or row.model.name or row.model.identifier for row in rows)


def hint(path: str) -> str:
    """More for a person when the file can't be seen from here either, which points at the path mapping."""
    if Path(path).exists():
        return ""
    return _(
        "StashHog sees no file at {path} either: check {path_map} in the settings and whether the disk is there.",
        path=path,
        path_map=named_setting("path_map"),
    )
