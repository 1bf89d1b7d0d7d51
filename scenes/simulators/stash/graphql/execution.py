"""Carries out one GraphQL operation as Stash's server does, which is not as graphql-core's executor does:

the fields of a mutation all run, in order, each in its own transaction; one that fails stops nobody. Where the
failing field may not be null, the whole ``data`` is null although the others were applied.

graphql-core parses, validates and reads arguments; what remains is turned into plain functions once a request,
so that 20,000 scenes come at thousands a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    SelectionNode,
    get_argument_values,
    get_directive_values,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    specified_directives,
)
from graphql.execution.values import VariableValues

from .errors import ResolverError
from .numbers import go_float

Value = Callable[[Any], Any]
Resolver = Callable[..., Any]
Resolvers = dict[str, dict[str, Resolver]]

INCLUDE, SKIP = (
    next(directive for directive in specified_directives if directive.name == name) for name in ("include", "skip")
)


class Projection:
    """Turns selections into functions from a record to what the client reads.

    ``resolvers``: by type and field, ``resolver(record, context, **arguments)``; a field without one is the
    attribute of that name.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        resolvers: Resolvers,
        fragments: dict[str, FragmentDefinitionNode],
        variables: VariableValues,
        context: Any,
    ):
        self.schema, self.resolvers, self.fragments = schema, resolvers, fragments
        self.variables, self.context = variables, context

    def fields(self, parent: GraphQLObjectType, selections: Iterable[SelectionNode]) -> dict[str, list[FieldNode]]:
        """The fields asked of ``parent`` by response key, fragments resolved."""
        found: dict[str, list[FieldNode]] = {}
        for node in self._flat(parent, selections):
            found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        return found

    def _flat(self, parent: GraphQLObjectType, selections: Iterable[SelectionNode]) -> Iterator[FieldNode]:
        for node in selections:
            skip = get_directive_values(SKIP, node, self.variables) if node.directives else None
            include = get_directive_values(INCLUDE, node, self.variables) if node.directives else None
            if (skip and skip["if"]) or (include and not include["if"]):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = fragment.type_condition
            wanted = self.schema.type_map[condition.name.value] if condition else parent
            if wanted is parent or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, parent)):
                yield from self._flat(parent, fragment.selection_set.selections)

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        return get_argument_values(field, node, self.variables) if field.args else {}

    # --- from a value to what is sent ---

    def value(self, field_type: GraphQLOutputType, nodes: list[FieldNode]) -> Value | None:
        """None: the value is sent as it is."""
        if is_non_null_type(field_type):
            return self.value(field_type.of_type, nodes)
        if is_list_type(field_type):
            each = self.value(field_type.of_type, nodes)
            if each is None:
                return None
            return lambda values: None if values is None else [each(value) for value in values]
        if is_leaf_type(field_type):
            return LEAVES.get(field_type.name)
        is_abstract = is_abstract_type(field_type)
        project = self.abstract(nodes) if is_abstract else self.record(cast(GraphQLObjectType, field_type), nodes)
        return lambda record: None if record is None else project(record)

    def abstract(self, nodes: list[FieldNode]) -> Value:
        """Of an interface or a union: each record as its own ``type_name`` has it."""
        known: dict[str, Value] = {}

        def project(record: Any) -> Any:
            name = record.type_name
            if name not in known:
                known[name] = self.record(cast(GraphQLObjectType, self.schema.type_map[name]), nodes)
            return known[name](record)

        return project

    def record(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Value:
        selections = [node for field in nodes if field.selection_set for node in field.selection_set.selections]
        getters = [(key, self.getter(parent, found)) for key, found in self.fields(parent, selections).items()]
        return lambda record: {key: get(record) for key, get in getters}

    def getter(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Value:
        """Reads one field of a record of type ``parent``, as it is sent."""
        name = nodes[0].name.value
        if name == "__typename":
            return lambda record: parent.name
        field = parent.fields[name]
        context, arguments = self.context, self.arguments(field, nodes[0])
        resolver = self.resolvers.get(parent.name, {}).get(name)
        get: Value = attrgetter(name) if resolver is None else lambda record: resolver(record, context, **arguments)
        convert = self.value(field.type, nodes)
        return get if convert is None else lambda record: convert(get(record))

    def root_value(self, root: GraphQLObjectType, nodes: list[FieldNode], roots: dict[str, Resolver]) -> Any:
        """What one root field answers, in a transaction of its own. Raises ResolverError."""
        name = nodes[0].name.value
        field = root.fields[name]
        try:
            self.context.before_field(name)
            value = roots[name](self.context, **self.arguments(field, nodes[0]))
            convert = self.value(field.type, nodes)
            return value if convert is None else convert(value)
        finally:
            self.context.after_field(name)


LEAVES: dict[str, Value] = {"ID": lambda number: None if number is None else str(number), "Float": go_float}


def run_fields(
    projection: Projection,
    root: GraphQLObjectType,
    nodes: Iterable[SelectionNode],
    roots: dict[str, Resolver],
) -> dict[str, Any]:
    """The response of a query or mutation: ``data``, and ``errors`` when there are any."""
    data: dict[str, Any] | None = {}
    errors: list[dict[str, Any]] = []
    for key, found in projection.fields(root, nodes).items():
        name = found[0].name.value
        try:
            value: Any = root.name if name == "__typename" else projection.root_value(root, found, roots)
        except ResolverError as error:
            errors.append({"message": str(error), "path": [key]})
            value = None
        if data is not None:
            data[key] = value
        if value is None and isinstance(root.fields[name].type, GraphQLNonNull):
            data = None
    return {"errors": errors, "data": data} if errors else {"data": data}
