"""Our schema says nothing that the real one doesn't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    is_introspection_type,
    is_specified_scalar_type,
    parse,
    validate,
)

from scenes.simulators.stash.graphql.queries import QUERIES
from scenes.simulators.stash.graphql.schema import schema
from scenes.simulators.stash.mutations import MUTATIONS
from tests.simulators.stash_client import Client

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "services" / "stash.introspection.json"
OWN_TYPES = [
    kind
    for kind in schema().type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    if not REAL.exists():
        pytest.skip("the schema of a real Stash is not part of the project")
    return build_client_schema(json.loads(REAL.read_text(encoding="utf-8"))["data"])


def test_each_type_field_and_argument_of_ours_is_the_same_in_the_real_schema(real: GraphQLSchema) -> None:
    for own in OWN_TYPES:
        theirs = real.type_map[own.name]
        assert type(own) is type(theirs)
        assert _shown(own) == {name: _shown(theirs).get(name) for name in _shown(own)}, own.name
        assert _required(theirs, own) <= set(_shown(own)), own.name


def _shown(kind: GraphQLNamedType) -> dict[str, str]:
    """What a type consists of, one line each: values, fields and arguments with their types."""
    if isinstance(kind, GraphQLEnumType):
        return dict.fromkeys(kind.values, "a value")
    if isinstance(kind, GraphQLInputObjectType):
        return {name: str(field.type) for name, field in kind.fields.items()}
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return {}
    shown = {name: str(field.type) for name, field in kind.fields.items()}
    shown |= {f"implements {interface.name}": "" for interface in kind.interfaces}
    for name, field in kind.fields.items():
        shown |= {f"{name}({key})": str(given.type) for key, given in field.args.items()}
    return shown


def _required(theirs: GraphQLNamedType, own: GraphQLNamedType) -> set[str]:
    """The input fields, and the arguments of fields that we have, that must be given to the real one."""
    if isinstance(theirs, GraphQLInputObjectType):
        return {name for name, text in _shown(theirs).items() if text.endswith("!")}
    arguments = {name: text for name, text in _shown(theirs).items() if "(" in name and text.endswith("!")}
    return {name for name in arguments if name.split("(")[0] in _shown(own)}


def test_every_field_of_the_roots_has_a_resolver() -> None:
    own = schema()
    assert own.query_type is not None and own.mutation_type is not None
    assert set(own.query_type.fields) == set(QUERIES)
    assert set(own.mutation_type.fields) == set(MUTATIONS)


def test_all_that_the_product_asks_is_in_our_schema() -> None:
    documents = ROOT / "scenes" / "clients" / "stash" / "operations.graphql"
    assert validate(schema(), parse(documents.read_text(encoding="utf-8"))) == []


def test_the_simulator_answers_introspection(client: Client) -> None:
    assert client.ask("{ __schema { queryType { name } } }") == {"queryType": {"name": "Query"}}
