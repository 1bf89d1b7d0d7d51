"""Every GraphQL document is one that Stash understands, and none is one that it must never be sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, parse, validate

from scenes.clients.stash import documents as stash_documents
from scenes.simulators import stash as simulator

ROOT = Path(__file__).parents[2]
REAL_SCHEMA = ROOT.parent / "shared" / "services" / "stash.introspection.json"
SIMULATED_SCHEMA = Path(simulator.__file__).parent / "graphql" / "schema.graphql"

documents = pytest.mark.parametrize("name", stash_documents.names())


@pytest.fixture(scope="module")
def real_schema() -> GraphQLSchema:
    if not REAL_SCHEMA.exists():
        pytest.skip("the schema of a real Stash is not part of the project")
    return build_client_schema(json.loads(REAL_SCHEMA.read_text())["data"])


@pytest.fixture(scope="module")
def simulated_schema() -> GraphQLSchema:
    return build_schema(SIMULATED_SCHEMA.read_text())


def texts(name: str) -> list[str]:
    """As the operation is sent."""
    if name.startswith("Each"):
        return [stash_documents.repeated(name, count) for count in (1, 3)]
    return [stash_documents.document(name)]


@documents
def test_a_real_stash_understands_it(name: str, real_schema: GraphQLSchema) -> None:
    for text in texts(name):
        assert validate(real_schema, parse(text)) == []


@documents
def test_the_simulated_stash_understands_it(name: str, simulated_schema: GraphQLSchema) -> None:
    for text in texts(name):
        assert validate(simulated_schema, parse(text)) == []


@documents
def test_it_says_what_it_is_for(name: str) -> None:
    text = stash_documents.SOURCE.read_text()
    assert re.search(rf"^# .+\n(query|mutation) {name}\b", text, re.MULTILINE)


def test_nothing_in_the_product_can_start_a_clean() -> None:
    forbidden = "metadata" + "Clean"
    sources = [
        path
        for folder in ("jobs", "scenes", "stashhog")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".py", ".graphql") and "simulators" not in path.parts
    ]
    assert len(sources) > 20
    assert [path for path in sources if forbidden.lower() in path.read_text().lower()] == []
