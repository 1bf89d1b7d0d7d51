"""What people do in Stash's own pages, as tests need it: by its API where that can do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.library.records import Scene, VideoFile


@dataclass(frozen=True)
class User:
    """Somebody at work in ``stash``. What destroys gives the user again, to go on."""

    stash: RunningStash

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The answer's data; fails on any error."""
        body = {"query": document, "variables": variables}
        answer = requests.post(f"{self.stash.url}/graphql", json=body, timeout=10).json()
        assert not answer.get("errors"), answer
        return answer["data"]

    def set_title(self, scene: int, title: str) -> None:
        self.set_scene(scene, title=title)

    def create_scene(self, title: str) -> int:
        document = "mutation($i: SceneCreateInput!) { sceneCreate(input: $i) { id } }"
        return int(self.ask(document, i={"title": title})["sceneCreate"]["id"])

    def destroy_scenes(self, *ids: int) -> User:
        for number in ids:
            self.ask("mutation($id: ID!) { sceneDestroy(input: {id: $id}) }", id=number)
        return self

    def hide_scenes(self, *ids: int) -> list[Scene]:
        """As when Stash shows a part of its library; to be given to ``show_scenes``. Of scenes without markers."""
        return self.stash.do(lambda: [self.stash.state.scenes.pop(number) for number in ids])

    def show_scenes(self, scenes: list[Scene]) -> None:
        self.stash.do(lambda: self.stash.state.scenes.update({scene.id: scene for scene in scenes}))

    def create_marker(self, scene: int, tag: int, title: str = "") -> int:
        document = "mutation($i: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $i) { id } }"
        values = {"scene_id": scene, "primary_tag_id": tag, "title": title, "seconds": 1.5}
        return int(self.ask(document, i=values)["sceneMarkerCreate"]["id"])

    def update_marker(self, marker: int, **values: Any) -> None:
        document = "mutation($i: SceneMarkerUpdateInput!) { sceneMarkerUpdate(input: $i) { id } }"
        self.ask(document, i={"id": marker, **values})

    def destroy_marker(self, marker: int) -> User:
        self.ask("mutation($id: ID!) { sceneMarkerDestroy(id: $id) }", id=marker)
        return self

    def create_tag(self, name: str) -> int:
        document = "mutation($i: TagCreateInput!) { tagCreate(input: $i) { id } }"
        return int(self.ask(document, i={"name": name})["tagCreate"]["id"])

    def rename_tag(self, tag: int, name: str) -> None:
        self.ask("mutation($i: TagUpdateInput!) { tagUpdate(input: $i) { id } }", i={"id": tag, "name": name})

    def destroy_tags(self, *tags: int) -> None:
        for number in tags:
            self.ask("mutation($id: ID!) { tagDestroy(input: {id: $id}) }", id=number)

    def merge_tag(self, source: int, destination: int) -> User:
        document = "mutation($i: TagsMergeInput!) { tagsMerge(input: $i) { id } }"
        self.ask(document, i={"source": [source], "destination": destination})
        return self

    def set_scene(self, scene: int, **values: Any) -> None:
        self.ask("mutation($i: SceneUpdateInput!) { sceneUpdate(input: $i) { id } }", i={"id": scene, **values})

    def create_performer(self, name: str, **values: Any) -> int:
        document = "mutation($i: PerformerCreateInput!) { performerCreate(input: $i) { id } }"
        return int(self.ask(document, i={"name": name, **values})["performerCreate"]["id"])

    def destroy_performer(self, performer: int) -> None:
        """Out of all scenes, too."""

        def change() -> None:
            state = self.stash.state
            for scene in (scene for scene in state.scenes.values() if performer in scene.performer_ids):
                scene.performer_ids.remove(performer)
                state.save(scene)
            state.remove(state.performers[performer])
            state.commit()

        self.stash.do(change)

    def create_studio(self, name: str, **values: Any) -> int:
        document = "mutation($i: StudioCreateInput!) { studioCreate(input: $i) { id } }"
        return int(self.ask(document, i={"name": name, **values})["studioCreate"]["id"])

    def rename_performer(self, performer: int, name: str) -> None:
        document = "mutation($i: PerformerUpdateInput!) { performerUpdate(input: $i) { id } }"
        self.ask(document, i={"id": performer, "name": name})

    def rename_studio(self, studio: int, name: str) -> None:
        self.ask("mutation($i: StudioUpdateInput!) { studioUpdate(input: $i) { id } }", i={"id": studio, "name": name})

    def set_parent(self, studio: int, parent: int | None) -> None:
        values = {"id": studio, "parent_id": parent}
        self.ask("mutation($i: StudioUpdateInput!) { studioUpdate(input: $i) { id } }", i=values)

    def destroy_studio(self, studio: int) -> None:
        """Its children have no parent then, and its scenes no studio; no `updated_at` tells of it."""

        def change() -> None:
            state = self.stash.state
            for other in (other for other in state.studios.values() if other.parent_id == studio):
                other.parent_id = None
                state.save(other)
            for scene in (scene for scene in state.scenes.values() if scene.studio_id == studio):
                scene.studio_id = None
                state.save(scene)
            state.remove(state.studios[studio])
            state.commit()

        self.stash.do(change)

    # What happens on the disk, as the next scan notes it.

    def rename_file(self, scene: int, path: str) -> None:
        """A scan keeps the scene's id and `updated_at`."""

        def change() -> None:
            state = self.stash.state
            file = self._file(scene)
            state.move_file(file, path, state.folders[file.folder_id])
            state.commit()

        self.stash.do(change)

    def replace_file(self, scene: int, oshash: str) -> None:
        def change() -> None:
            self.stash.state.set_oshash(self._file(scene), oshash)
            self.stash.state.touch(self._file(scene))
            self.stash.state.commit()

        self.stash.do(change)

    def _file(self, scene: int) -> VideoFile:
        file = self.stash.state.primary_file(self._scene(scene))
        assert file is not None
        return file

    def _scene(self, scene: int) -> Scene:
        return self.stash.state.scenes[scene]
