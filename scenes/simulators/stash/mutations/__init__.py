"""The fields of ``Mutation``."""

from __future__ import annotations

from ..graphql.execution import Resolver
from . import jobs, markers, naming, scenes

MUTATIONS: dict[str, Resolver] = {
    "sceneCreate": scenes.scene_create,
    "sceneUpdate": scenes.scene_update,
    "bulkSceneUpdate": scenes.bulk_scene_update,
    "sceneDestroy": scenes.scene_destroy,
    "scenesUpdate": scenes.scenes_update,
    "sceneSaveActivity": scenes.scene_save_activity,
    "sceneMarkerCreate": markers.marker_create,
    "sceneMarkerUpdate": markers.marker_update,
    "sceneMarkerDestroy": markers.marker_destroy,
    "sceneMarkersDestroy": markers.markers_destroy,
    "performerCreate": naming.performer_create,
    "performerUpdate": naming.performer_update,
    "studioCreate": naming.studio_create,
    "studioUpdate": naming.studio_update,
    "tagCreate": naming.tag_create,
    "tagUpdate": naming.tag_update,
    "tagDestroy": naming.tag_destroy,
    "tagsMerge": naming.tags_merge,
    "metadataScan": jobs.metadata_scan,
    "metadataGenerate": jobs.metadata_generate,
    "metadataClean": jobs.metadata_clean,
    "metadataAutoTag": jobs.metadata_auto_tag,
    "metadataIdentify": jobs.metadata_identify,
    "runPluginTask": jobs.run_plugin_task,
    "stopJob": jobs.stop_job,
    "stopAllJobs": jobs.stop_all_jobs,
}
