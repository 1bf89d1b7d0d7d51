"""Reads ``schema.graphql`` and checks requests against it, with the answers that gqlgen gives."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_variable_values,
    parse,
    validate,
)
from graphql.execution.values import VariableValues

SDL = Path(__file__).with_name("schema.graphql")
PARSE_FAILED, VALIDATION_FAILED = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
QUOTED = re.compile(r"'([^']*)'")  # gqlgen writes names in double quotes
CACHED = 200  # documents
CACHED_LENGTH = 20_000  # characters: longer ones are hardly ever asked twice


@cache
def schema() -> GraphQLSchema:
    return build_schema(SDL.read_text(encoding="utf-8"))


class Refused(Exception):
    """The request is no valid operation; ``errors`` is what the client reads."""

    def __init__(self, errors: list[dict[str, Any]]):
        super().__init__(errors[0]["message"])
        self.errors = errors


@dataclass(slots=True)
class Operation:
    """One operation, ready to be carried out."""

    document: DocumentNode
    node: OperationDefinitionNode
    variables: VariableValues
    raw_variables: dict[str, Any]

    @property
    def kind(self) -> str:
        """``query``, ``mutation`` or ``subscription``."""
        return self.node.operation.value

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None

    @property
    def root(self) -> GraphQLObjectType:
        root = schema().get_root_type(self.node.operation)
        assert root is not None
        return root

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        definitions = self.document.definitions
        return {item.name.value: item for item in definitions if isinstance(item, FragmentDefinitionNode)}

    @property
    def field_names(self) -> list[str]:
        """The root fields, each once, those in fragments too."""
        return list(dict.fromkeys(self._names_in(self.node.selection_set)))

    def _names_in(self, selections: SelectionSetNode) -> Iterator[str]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, FragmentSpreadNode):
                yield from self._names_in(self.fragments[node.name.value].selection_set)
            elif isinstance(node, InlineFragmentNode):
                yield from self._names_in(node.selection_set)


_documents: OrderedDict[str, DocumentNode] = OrderedDict()


def prepare(query: str, variables: dict[str, Any] | None, name: str | None) -> Operation:
    """The operation of that name, or the only one. Raises Refused."""
    document = valid_document(query)
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name:
        found = [node for node in found if node.name and node.name.value == name]
    if len(found) != 1:
        message = f"operation {name} not found" if name else "an operation name is needed"
        raise Refused([{"message": message, "extensions": {"code": VALIDATION_FAILED}}])
    [node] = found
    values = get_variable_values(schema(), node.variable_definitions or (), variables or {})
    if isinstance(values, list):
        raise Refused([_as_error(error, VALIDATION_FAILED) for error in values])
    return Operation(document, node, values, variables or {})


def valid_document(query: str) -> DocumentNode:
    """Parsed and checked against the schema, short ones once. Raises Refused."""
    if query in _documents:
        _documents.move_to_end(query)
        return _documents[query]
    try:
        document = parse(query, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise Refused([_as_error(error, PARSE_FAILED)]) from error
    if errors := validate(schema(), document, allow_empty_selection_sets=False):
        raise Refused([_as_error(error, VALIDATION_FAILED) for error in errors])
    if len(query) <= CACHED_LENGTH:
        _documents[query] = document
    if len(_documents) > CACHED:
        _documents.popitem(last=False)
    return document


def _as_error(error: GraphQLError, code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"message": QUOTED.sub(r'"\1"', error.message)}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return {**shown, "extensions": {"code": code}}
