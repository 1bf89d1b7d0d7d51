"""The whole API under schemathesis: whatever is sent, the answer is one that the documentation tells of.

STASHHOG_FUZZ_EXAMPLES: how many requests for each route, other ones each time. Without it few, and always the same.
With `-s` it prints what was sent, and how that was answered.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from scenes import configuration
from tests.web.factories import make_token, make_user
from tests.web.permissions.stage import Stage

EXAMPLES = int(os.environ.get("STASHHOG_FUZZ_EXAMPLES", "0"))
pytestmark = pytest.mark.django_db
load_all_checks()
# What a document can't tell: which cursors, names, ids and values there are. Those that there are not are 400 or 404.
TOO_STRICT = CHECKS.get_by_names(["positive_data_acceptance"])
HOW = settings(
    max_examples=EXAMPLES or 5,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _the_connection_stays_open() -> Iterator[None]:
    """As Django's own client has it: a request must not end the connection of the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def found_in(operation: Any, headers: dict[str, str], answers: Counter[int]) -> str:
    """What schemathesis finds in one operation; nothing that a request changes stays. Counts answers by status."""

    @HOW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        with transaction.atomic():
            try:
                answer = case.call(headers=headers)
                answers[answer.status_code] += 1
                case.validate_response(answer, headers=headers, excluded_checks=TOO_STRICT)
            finally:
                transaction.set_rollback(True)
                configuration.forget()

    try:
        ask()
    except FailureGroup as failures:
        return "\n".join(f"{operation.label}: {failure}" for failure in failures.exceptions)
    return ""


@pytest.mark.timeout(600 + 60 * EXAMPLES)  # seconds
def test_nothing_is_found() -> None:
    Stage().add_the_rest()
    headers = {"Authorization": f"Bearer {make_token(make_user())}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application(), headers=headers)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) >= 60
    answers = Counter[int]()
    found = [text for operation in operations if (text := found_in(operation, headers, answers))]
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(answers.items()))
    print(f"\n{len(operations)} operations, {answers.total():,} requests ({statuses}), {len(found)} with findings")  # noqa: T201
    assert not found, "\n\n".join(found)
