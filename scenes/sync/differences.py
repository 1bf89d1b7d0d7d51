"""What the cheap questions say: what in Stash differs from our rows.

Which question sees what (measured on Stash 0.30.1): a scene's ``updated_at`` does not change when a file is renamed or
replaced, when a marker comes, changes or goes, or when a tag, performer or studio is renamed, merged or
destroyed. What is destroyed leaves no trace at all, only another count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Model

from scenes.bulk.tables import Table, plain_rows
from scenes.clients.stash.client import StashClient, safe_since
from scenes.clients.stash.ids import Ids
from scenes.clients.stash.rows import Changes, Counts, MarkerUpdatedAt, UpdatedAtById
from scenes.models import Marker, Scene, SceneFile, SyncState
from scenes.pieces import pieces
from scenes.sync.deleting import ids_of
from scenes.sync.identity import foreign_scenes, sample_of_known
from scenes.sync.names import MODELS
from scenes.sync.remote_times import all_updated_at

SCENES = Table(Scene, ("id", "remote_updated_at", "deleted_at"))
FILES = Table(SceneFile, ("scene", "id", "remote_updated_at"))


@dataclass(frozen=True)
class Pending:
    """What has to be synced. ``scenes``: ids to read again. ``counted``, ``named``: kinds that differ.

    ``unsynced``: scenes in Stash when there was no sync yet. ``blocked``: another library, for a person.
    """

    scenes: frozenset[int] = frozenset()
    named: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    unsynced: int = 0
    blocked: bool = False

    @property
    def count(self) -> int:
        """Scenes to sync, as far as known; and one for each kind that differs otherwise."""
        return self.unsynced + len(self.scenes) + len(self.named) + len(self.counted) + self.blocked

    @property
    def any(self) -> bool:
        return self.count > 0

    def __or__(self, other: Pending) -> Pending:
        return Pending(
            self.scenes | other.scenes,
            self.named | other.named,
            self.counted | other.counted,
            self.unsynced + other.unsynced,
            self.blocked or other.blocked,
        )


@dataclass
class Comparison:
    """Of pages of changes with our rows: what differs, all of their raw ``updated_at``, and those ``agreed`` on.

    Times have whole seconds, so there are not many of them.
    """

    differences: Pending = Pending()
    times: set[str] = field(default_factory=set)
    agreed: set[str] = field(default_factory=set)

    def add(self, changes: Changes, state: SyncState) -> None:
        found = compare(changes, state)
        self.differences |= found
        self.times.update(all_updated_at(changes))
        self.agreed.update(agreed(changes, found))


def pending(stash: StashClient) -> Pending:
    """Ask Stash, as a rule in one request, whether a sync has anything to do. Raises ServiceError."""
    state = SyncState.load()
    if state.another_library:
        return Pending(blocked=True)
    if state.watermark is None:
        return Pending(unsynced=stash.counts().scenes)
    found = Comparison()
    for changes in stash.changes(safe_since(state.watermark), sample_of_known()):
        found.add(changes, state)
        if found.differences.blocked:
            return Pending(blocked=True)
    return found.differences


def compare(changes: Changes, state: SyncState) -> Pending:
    """What of ``changes`` differs from our rows."""
    if foreign_scenes(changes.known):
        return Pending(blocked=True)
    rows = SCENES.rows("id", list(map(int, changes.scenes)))
    known = {pk: updated_at for pk, updated_at, deleted_at in rows if deleted_at is None}
    scenes = _differing(known, changes.scenes)
    scenes |= scenes_with_other_files(changes.files)
    scenes |= _with_differing_markers(changes.markers)
    named = set()
    for kind, model in MODELS.items():
        remote: UpdatedAtById = getattr(changes, kind)
        if _differing(_known_updated_at(model, remote), remote):
            named.add(kind)
    counts = differing_counts(changes.counts, state)
    return Pending(frozenset(scenes), frozenset(named | (counts & set(MODELS))), frozenset(counts - set(MODELS)))


def differing_counts(counts: Counts, state: SyncState) -> set[str]:
    """The kinds of which Stash has another number than we have, or of which a person accepted that some are gone."""
    differing = {kind for kind, number in our_counts(state).items() if number != getattr(counts, kind)}
    return differing | (state.missing_kinds if state.missing_accepted_at else set())


def our_counts(state: SyncState) -> dict[str, int]:
    """How many we have of each kind, without those that wait for a person to accept that they are gone."""
    deleted, waiting = Scene.objects.deleted(), state.missing("scenes")
    # All but the few is counted without reading a row.
    markers = Marker.objects.count() - Marker.objects.filter(scene__in=deleted.values("pk")).count()
    return {
        "scenes": Scene.objects.count() - deleted.count() - len(waiting),
        "markers": markers - sum(Marker.objects.filter(scene_id__in=piece).count() for piece in pieces(waiting)),
        **{kind: model._default_manager.count() - len(state.missing(kind)) for kind, model in MODELS.items()},
    }


def agreed(changes: Changes, differences: Pending) -> list[str]:
    """The raw ``updated_at`` of what we had already as it is in ``changes``: two answers of Stash have it so.

    What one answer alone has moves no watermark, since another one, older, may be missing in it.
    """
    differing = {str(pk) for pk in differences.scenes}
    named = [getattr(changes, kind) for kind in MODELS if kind not in differences.named]
    files = [rows for scene_id, rows in changes.files.items() if scene_id not in differing]
    return [
        *(updated_at for scene_id, updated_at in changes.scenes.items() if scene_id not in differing),
        *(updated_at for rows in (*files, *named) for updated_at in rows.values()),
        *(marker.updated_at for marker in changes.markers.values() if marker.scene_id not in differing),
    ]


def _differing(known: Mapping[int, str], remote: UpdatedAtById) -> set[int]:
    return {int(pk) for pk, updated_at in remote.items() if known.get(int(pk)) != updated_at}


def _known_updated_at(model: type[Model], ids: Iterable[str]) -> dict[int, str]:
    return dict(Table(model, ("id", "remote_updated_at")).rows("id", list(map(int, ids))))


def scenes_with_other_files(files: dict[str, UpdatedAtById]) -> set[int]:
    """Of these scenes, given with all of their files, those whose files differ from ours."""
    known: dict[int, dict[int, str]] = {int(scene_id): {} for scene_id in files}
    for scene_id, pk, updated_at in FILES.rows("scene", known):
        known[scene_id][pk] = updated_at
    return {
        int(scene_id)
        for scene_id, remote in files.items()
        if known[int(scene_id)] != {int(pk): updated_at for pk, updated_at in remote.items()}
    }


def _with_differing_markers(markers: Mapping[str, MarkerUpdatedAt]) -> set[int]:
    known = _known_updated_at(Marker, markers)
    return {int(marker.scene_id) for pk, marker in markers.items() if known.get(int(pk)) != marker.updated_at}


def scenes_with_other_markers(pages: Iterable[Mapping[str, MarkerUpdatedAt]]) -> set[int]:
    """Scenes to read again, all markers of Stash being given by id: those that we lack, that differ, or are gone."""
    ours = Marker.objects.filter(scene__deleted_at=None).order_by().values_list("pk", "scene_id")
    scenes, last = set[int](), 0
    for page in pages:
        scenes |= _with_differing_markers(page)
        there = {int(pk) for pk in page}
        begin, last = last, max([last, *there])
        scenes |= {pk for marker, pk in plain_rows(ours.filter(pk__gt=begin, pk__lte=last)) if marker not in there}
    return scenes | {pk for _marker, pk in plain_rows(ours.filter(pk__gt=last))}


def unknown_ids(ids: Ids) -> set[int]:
    """Those of Stash's scene ids that we do not have, or only as deleted."""
    return Ids(ids_of(Scene.objects.present())).lacking(ids)
