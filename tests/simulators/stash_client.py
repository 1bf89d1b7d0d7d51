"""A bare client for the tests of the Stash simulator, which looks at everything an answer has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from scenes.simulators.stash import RunningStash

T = TypeVar("T")
DEADLINE = 120.0  # seconds until something that has to happen counts as not happening
TICK = 0.01  # seconds between two looks
ENDED = ("FINISHED", "CANCELLED", "FAILED")
JOB = "id status description progress startTime endTime addTime error subTasks"


def until(look: Callable[[], T | None], seconds: float = DEADLINE) -> T:
    """What ``look`` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(TICK)
    return seen


class Client:
    def __init__(self, stash: RunningStash):
        self.stash, self.url = stash, f"{stash.url}/graphql"
        self.headers = {"Accept": "application/json"}

    def post(self, query: str, headers: dict[str, str] | None = None, **variables: Any) -> requests.Response:
        body = {"query": query, "variables": variables}
        return requests.post(self.url, json=body, headers={**self.headers, **(headers or {})}, timeout=DEADLINE)

    def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, which may have errors."""
        response = self.post(query, **variables)
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, query: str, **variables: Any) -> Any:
        """The value of the only field; no errors are accepted."""
        answer = self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        [value] = answer["data"].values()
        return value

    def error(self, query: str, **variables: Any) -> str:
        """The message of the only error."""
        [error] = self.answer(query, **variables)["errors"]
        return error["message"]

    # --- jobs ---

    def scan(self, *paths: Any, **options: Any) -> dict[str, Any]:
        """Scan ``paths`` (all libraries without any), and the job as it ended."""
        asked = {**options, **({"paths": [str(path) for path in paths]} if paths else {})}
        start = "mutation($input: ScanMetadataInput!) { metadataScan(input: $input) }"
        return self.ended(self.ask(start, input=asked))

    def generate(self, **options: Any) -> dict[str, Any]:
        return self.ended(self.start_generate(**options))

    def start_generate(self, **options: Any) -> str:
        start = "mutation($input: GenerateMetadataInput!) { metadataGenerate(input: $input) }"
        return self.ask(start, input=options)

    def job(self, number: str) -> dict[str, Any] | None:
        return self.ask(f"query($id: ID!) {{ findJob(input: {{id: $id}}) {{ {JOB} }} }}", id=number)

    def ended(self, number: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            job = self.job(number)
            assert job is not None, f"job {number} is not known"
            return job if job["status"] in ENDED else None

        return until(look)

    def stop(self, number: str) -> bool:
        return self.ask("mutation($id: ID!) { stopJob(job_id: $id) }", id=number)

    def logs(self) -> str:
        return "\n".join(entry["message"] for entry in self.ask("{ logs { message } }"))

    # --- the library ---

    def scenes(self, fields: str = "id title updated_at files { id path }") -> list[dict[str, Any]]:
        """All scenes by id."""
        query = f'{{ findScenes(filter: {{per_page: -1, sort: "id"}}) {{ scenes {{ {fields} }} }} }}'
        return self.ask(query)["scenes"]

    def scene(self, number: Any, fields: str = "id title updated_at files { id path }") -> Any:
        return self.ask(f"query($id: ID!) {{ findScene(id: $id) {{ {fields} }} }}", id=str(number))

    def find(self, scene_filter: dict[str, Any], **paging: Any) -> list[str]:
        """The ids of the scenes that the filter lets through."""
        query = (
            "query($given: SceneFilterType, $paging: FindFilterType)"
            " { findScenes(scene_filter: $given, filter: $paging) { scenes { id } } }"
        )
        found = self.ask(query, given=scene_filter, paging={"per_page": -1, "sort": "id", **paging})
        return [scene["id"] for scene in found["scenes"]]

    def update(self, number: Any, **values: Any) -> Any:
        query = "mutation($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id updated_at } }"
        return self.ask(query, input={"id": str(number), **values})

    def tag(self, name: str, **values: Any) -> str:
        query = "mutation($input: TagCreateInput!) { tagCreate(input: $input) { id } }"
        return self.ask(query, input={"name": name, **values})["id"]

    def marker(self, scene: Any, tag: Any, seconds: float = 1.0, **values: Any) -> str:
        query = "mutation($input: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $input) { id } }"
        given = {"scene_id": str(scene), "primary_tag_id": str(tag), "seconds": seconds, "title": "", **values}
        return self.ask(query, input=given)["id"]

    def media(self, address: str, **headers: str) -> requests.Response:
        return requests.get(address, headers=headers, allow_redirects=False, timeout=DEADLINE)
