"""Mutations of scenes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..graphql.context import Context
from ..graphql.errors import FOREIGN_KEY, NO_ROWS, ResolverError, existing, to_id, to_ids
from ..jobs.tasks import destroy_scene
from ..library.records import Scene
from ..library.state import LibraryState
from .naming import known_id, known_ids

Input = dict[str, Any]
Apply = Callable[[], None]


def scene_create(context: Context, input: Input) -> Scene:
    state = context.state
    numbers = to_ids(input.get("file_ids"))
    for number in numbers:
        if number not in state.files:
            raise ResolverError(FOREIGN_KEY)
        if number in state.scene_of_file:
            raise ResolverError(f"file {number} is already assigned to a scene")
    scene = Scene(id=state.new_id("scenes"), **state.new_times())
    apply = _checked(context, scene, input)
    state.add(scene)
    apply()
    for number in numbers:
        state.attach(state.files[number], scene)
    return scene


def scene_update(context: Context, input: Input) -> Scene:
    scene = existing(context.state.scenes, "scene", to_id(input["id"]))
    _checked(context, scene, input)()
    context.state.touch(scene)
    return scene


def scenes_update(context: Context, input: list[Input]) -> list[Scene]:
    """All or nothing: everything is checked before anything is changed."""
    scenes = [existing(context.state.scenes, "scene", to_id(given["id"])) for given in input]
    applies = [_checked(context, scene, given) for scene, given in zip(scenes, input, strict=True)]
    for apply in applies:
        apply()
    for scene in scenes:
        context.state.touch(scene)
    return scenes


def bulk_scene_update(context: Context, input: Input) -> list[Scene] | None:
    """All or nothing, too. No ids: null, and no error."""
    state = context.state
    numbers = to_ids(input.get("ids"))
    if not numbers:
        return None
    if any(number not in state.scenes for number in numbers):
        raise ResolverError(NO_ROWS)
    lists = {"tag_ids": _list_change(state.tags, input.get("tag_ids"))}
    lists["performer_ids"] = _list_change(state.performers, input.get("performer_ids"))
    plain = {name: value for name, value in input.items() if name not in ("ids", "tag_ids", "performer_ids")}
    scenes = [state.scenes[number] for number in numbers]
    for apply in [_checked(context, scene, plain) for scene in scenes]:
        apply()
    for scene in scenes:
        for name, change in lists.items():
            setattr(scene, name, change(getattr(scene, name)))
        state.touch(scene)
    return scenes


def _list_change(table: dict[int, Any], given: Input | None) -> Callable[[list[int]], list[int]]:
    if given is None:
        return lambda numbers: numbers
    ids = known_ids(table, given.get("ids")) if given["mode"] != "REMOVE" else to_ids(given.get("ids"))
    if given["mode"] == "ADD":
        return lambda numbers: [*numbers, *(number for number in ids if number not in numbers)]
    if given["mode"] == "REMOVE":
        return lambda numbers: [number for number in numbers if number not in ids]
    return lambda numbers: list(ids)


def scene_destroy(context: Context, input: Input) -> bool:
    """The file stays known, unless it is deleted too; the next scan then makes a new scene of it."""
    state = context.state
    scene = existing(state.scenes, "scene", to_id(input["id"]))
    files = state.scene_files(scene)
    destroy_scene(state, scene)
    if input.get("delete_file"):
        for file in files:
            Path(file.path).unlink(missing_ok=True)
            state.remove(file)
    return True


def scene_save_activity(
    context: Context,
    id: str,
    resume_time: float | None = None,
    playDuration: float | None = None,
) -> bool:
    scene = existing(context.state.scenes, "scene", to_id(id))
    scene.resume_time = resume_time or 0.0
    scene.play_duration += playDuration or 0.0
    context.state.save(scene)
    return True


def _checked(context: Context, scene: Scene, given: Input) -> Apply:
    """What writes ``given`` into ``scene``, after all that could be refused was looked at."""
    state = context.state
    read = readers(state, scene)
    values = {name: read[name](value) for name, value in given.items() if name in read}
    try:
        cover = base64.b64decode((given.get("cover_image") or "").rsplit(",", 1)[-1], validate=True)
    except binascii.Error as error:
        raise ResolverError(f"illegal base64 data: {error}") from error

    def apply() -> None:
        for name, value in values.items():
            setattr(scene, name, value)
        if given.get("cover_image"):
            target = context.simulator.outputs.cover(scene)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(cover)
            scene.has_cover = True
        state.save(scene)

    return apply


def readers(state: LibraryState, scene: Scene) -> dict[str, Callable[[Any], Any]]:
    """From a field of the input to the attribute's value. Null empties what can be empty."""
    return {
        **dict.fromkeys(("title", "code", "details"), lambda text: text or ""),
        **dict.fromkeys(("date", "rating100"), lambda value: value or None),
        "organized": lambda value: scene.organized if value is None else value,
        "urls": lambda urls: urls or [],
        "studio_id": lambda text: known_id(state.studios, text),
        "tag_ids": lambda texts: known_ids(state.tags, texts),
        "performer_ids": lambda texts: known_ids(state.performers, texts),
    }
