"""What is wrong with the backups' folder is said in the reader's language."""

from __future__ import annotations

import errno

import pytest
from django.utils.translation import override

from jobs.errors import JobError
from jobs.texts.translatable import translated
from scenes import configuration
from stashhog.ops.backups import attempts, health

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates


def test_a_folder_that_can_not_be_looked_into_is_german_for_who_reads_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(attempts, "newest_file", away)
    with pytest.raises(JobError) as wrong:
        health.ask(configuration.current())
    assert "No such file or directory" in str(wrong.value.message)
    with override("de"):
        message = translated(wrong.value.message)
    assert "Datei oder Verzeichnis nicht gefunden" in message and "No such" not in message
