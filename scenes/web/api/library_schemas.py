"""The shapes of scenes, and of what they have, in the API."""

from __future__ import annotations

from ninja import Field, Schema

from jobs.declare.params import SomeIds
from jobs.web.schemas import Time
from scenes.models import Marker, Scene

ID = Field(description="Stash's id")


class Known(Schema):
    id: int = ID
    name: str


class SceneState(Schema):
    id: int = ID
    title: str
    file_name: str = Field(description="Of its primary file, without folders")
    date: str = Field(description="As Stash has it; may be incomplete, or empty")
    rating: int | None = Field(description="Of 100")
    organized: bool
    studio: Known | None
    video_analyzed: bool = Field(description="The tagger has handled it")
    generated_at: Time | None = Field(description="When its previews were seen complete")
    created_at: Time = Field(description="When Stash first saw it")
    synced_at: Time = Field(description="When a sync last changed something of it here")
    deleted_at: Time | None = Field(description="When it was seen to be gone from Stash")

    @staticmethod
    def resolve_studio(scene: Scene) -> dict[str, object] | None:
        # Its row may be missing: a page of scenes can come before the studios that it names.
        return {"id": scene.studio.pk, "name": scene.studio.name} if scene.studio_id and scene.studio else None


class VideoFile(Schema):
    id: int = ID
    path: str = Field(description="As Stash sees it")
    size: int = Field(description="Bytes")
    duration: float = Field(description="Seconds")
    width: int
    height: int
    frame_rate: float
    bit_rate: int = Field(description="Bits a second")
    video_codec: str


class WholeScene(SceneState):
    details: str
    code: str
    tags: list[Known]
    performers: list[Known]
    files: list[VideoFile] = Field(description="The primary one first")


class MarkerState(Schema):
    id: int = ID
    title: str
    seconds: float = Field(description="Where it begins")
    end_seconds: float | None
    tag: Known = Field(description="Its primary tag; with an empty name where that is not synced yet")

    @staticmethod
    def resolve_tag(marker: Marker) -> dict[str, object]:
        tag = getattr(marker, "primary_tag", None)
        return {"id": marker.primary_tag_id, "name": tag.name if tag else ""}


class NamedState(Known):
    aliases: list[str]
    ignore_auto_tag: bool = Field(description="In Stash: no machine is to set it")


class PerformerState(NamedState):
    disambiguation: str


class StudioState(NamedState):
    parent_id: int | None = Field(description="The studio above it")


class ChosenScenes(Schema):
    scene_ids: SomeIds = Field(description="Stash's ids of the scenes")

    model_config = {"extra": "forbid", "strict": True}
