"""`make check` runs no test that starts processes, only CI those that are big, and one lane what needs no database."""

from __future__ import annotations

import pytest

CONFTEST = "from tests.conftest import pytest_collection_modifyitems, pytest_runtest_setup, pytest_runtest_teardown"
OPTIONS = ("-p", "no:django", "-p", "no:asyncio", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:slipcover")
STARTS_ONE = """
    import subprocess
    import pytest

    {mark}
    def test_starts_one():
        subprocess.run(["true"])

    def test_starts_none():
        pass
"""
OF_A_DATABASE = """
    import pytest

    @pytest.fixture
    def db():
        pass

    @pytest.fixture
    def rows(db):
        pass

    @pytest.mark.django_db
    def test_by_mark():
        pass

    def test_by_fixture(rows):
        pass

    @pytest.mark.acceptance
    def test_in_a_process_of_its_own():
        pass

    def test_without_one():
        pass
"""
BIG = """
    import pytest

    @pytest.mark.big
    def test_of_a_big_size():
        pass

    def test_of_a_small_size():
        pass
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers =\n    acceptance\n    big\n    django_db\n    one_database\n")
    return pytester


@pytest.mark.acceptance
def test_a_test_that_starts_a_process_without_the_mark_fails(tests: pytest.Pytester) -> None:
    tests.makepyfile(STARTS_ONE.format(mark=""))
    result = tests.runpytest_inprocess(*OPTIONS)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*It started a process (true): mark it with pytest.mark.acceptance.*"])


@pytest.mark.acceptance
def test_a_test_that_starts_a_process_with_the_mark_passes(tests: pytest.Pytester) -> None:
    tests.makepyfile(STARTS_ONE.format(mark="@pytest.mark.acceptance"))
    tests.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=2)


@pytest.mark.parametrize(("variable", "passed"), [("", 1), ("1", 2)])
def test_big_tests_run_where_they_are_asked_for(
    tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, passed: int
) -> None:
    monkeypatch.setenv("STASHHOG_BIG_SIZES", variable)
    tests.makepyfile(BIG)
    tests.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=passed, deselected=2 - passed)


def test_a_test_that_may_not_use_the_database_is_left_out_where_only_that_differs(tests: pytest.Pytester) -> None:
    tests.makepyfile(OF_A_DATABASE)
    tests.runpytest_inprocess(*OPTIONS, "-m", "not one_database").assert_outcomes(passed=3, deselected=1)
    tests.runpytest_inprocess(*OPTIONS, "-m", "one_database").assert_outcomes(passed=1, deselected=3)
