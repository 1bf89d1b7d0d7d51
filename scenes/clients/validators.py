"""What the models of the services' answers share."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler


def or_none(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """For a WrapValidator: what makes no sense counts as absent."""
    try:
        return check(value)
    except ValidationError:
        return None
