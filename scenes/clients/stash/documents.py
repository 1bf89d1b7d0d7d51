"""The GraphQL documents of ``operations.graphql``, split into one per operation.

graphql is imported with the first document that is needed: it takes long, and pages need an address of Stash only.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NUMBER = "\0"  # where an item's number comes
SOURCE = Path(__file__).with_name("operations.graphql")


@functools.cache
def _separated() -> dict[str, Any]:
    from graphql import parse
    from graphql.utilities import separate_operations

    return dict(separate_operations(parse(SOURCE.read_text(encoding="utf-8"))))


def names() -> list[str]:
    """The names of all operations."""
    return list(_separated())


@functools.cache
def document(name: str) -> str:
    """The text of the operation ``name`` with the fragments it uses, and nothing else."""
    return _printed(_separated()[name])


def _printed(node: Any) -> str:
    from graphql import print_ast

    return print_ast(node)


def alias(index: int) -> str:
    """The name under which the answer of item ``index`` of a repeated operation stands."""
    return f"item_{index}"


@functools.lru_cache(maxsize=64)
def repeated(name: str, count: int) -> str:
    """The operation ``name``, which has one field, ``count`` times in one request.

    Item ``i`` takes the variables ``$<variable>_<i>`` and its answer stands under ``alias(i)``.
    """
    from graphql import FieldNode, OperationDefinitionNode

    (operation,) = _separated()[name].definitions
    assert isinstance(operation, OperationDefinitionNode), f"{name} uses fragments"
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode) and field.alias is None, f"{name} has an alias of its own"
    declared = operation.variable_definitions or ()
    declaration, text = ", ".join(map(_numbered, declared)), _numbered(field)
    variables = ", ".join(declaration.replace(NUMBER, str(i)) for i in range(count))
    fields = "\n".join(f"{alias(i)}: {text.replace(NUMBER, str(i))}" for i in range(count))
    return f"{operation.operation.value} {name}({variables}) {{\n{fields}\n}}"


def _numbered(node: Any) -> str:
    """With the place of the number behind each variable."""
    return re.sub(r"\$(\w+)", lambda found: f"{found[0]}_{NUMBER}", _printed(node))


def numbered_variables(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The variables for ``repeated``, from those of each item."""
    return {f"{name}_{index}": value for index, item in enumerate(items) for name, value in item.items()}
