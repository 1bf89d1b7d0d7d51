"""A stored text is its English sentence, and is shown in the language of whoever reads it."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from django.utils import translation

from jobs.models import Event, Job
from jobs.texts.translatable import BEFORE_FORM, Translatable, joined, parameter, quantity, shortened, translated

pytestmark = pytest.mark.django_db

GONE = "The worker died {times} while it {what}."


def in_german(text: str) -> str:
    with translation.override("de"):
        return translated(text)


def kept(text: str) -> str:
    """As a row gives it back."""
    job = Job.objects.create(type="sync", source="test", error_message=text)
    return Job.objects.get(pk=job.pk).error_message


def gone(step: str = "Sync", times: int = 3) -> Translatable:
    what = Translatable("decided the step {step}", step=Translatable(step))
    return Translatable(GONE, times=quantity(times, "time"), what=what)


def test_a_text_is_its_english_sentence_whatever_language_is_active() -> None:
    with translation.override("de"):
        assert gone() == "The worker died 3 times while it decided the step Sync."
        assert json.dumps(gone()) == '"The worker died 3 times while it decided the step Sync."'


def test_it_is_translated_with_its_parts_and_its_numbers() -> None:
    assert in_german(gone()) == "Der Worker ist 3 Mal gestorben, während er über den Schritt Abgleich entschied."
    assert in_german(gone(times=1)).startswith("Der Worker ist 1 Mal ")
    assert in_german(quantity(2500, "job")) == "2.500 Aufträge" and quantity(2500, "job") == "2,500 jobs"
    assert in_german(Translatable("{seconds:g} s", seconds=2.5)) == "2,5 s"


@pytest.mark.parametrize("text", [gone(), joined(" ", [gone(), "Disk full"]), quantity(1, "job"), "plain", ""])
def test_the_database_gives_it_back_as_it_was(text: str) -> None:
    found = kept(text)
    assert found == text and in_german(found) == in_german(text)
    (listed,) = Job.objects.values_list("error_message", flat=True)
    assert listed == text and in_german(listed) == in_german(text)


def test_a_text_read_from_a_row_may_be_a_part_of_another_one() -> None:
    assert in_german(kept(Translatable("{step} failed: {reason}", step=Translatable("Sync"), reason=kept(gone())))) == (
        "Abgleich ist fehlgeschlagen: " + in_german(gone())
    )


def test_searches_look_at_the_sentence() -> None:
    kept(gone())
    rows = Job.objects.all()
    assert rows.filter(error_message__icontains="while IT decided").exists() and rows.exclude(error_message="").exists()
    assert not rows.filter(error_message__icontains='["').exists(), "that is in its form alone"
    rows.update(error_message="Not ours, so without a form")
    assert rows.filter(error_message__icontains="WITHOUT a").exists()
    assert not rows.filter(error_message__icontains="decided").exists()
    rows.all().delete()
    kept(gone())
    assert (
        rows.filter(error_message__startswith="The worker died").exists() and rows.filter(error_message=gone()).exists()
    )


def test_what_others_wrote_is_filled_in_as_it_is() -> None:
    for odd in ("{seconds}", "{0.__class__}", "%(a)s", "}{", "a\0b", f'x{BEFORE_FORM}["{{step.__class__}}", {{}}]'):
        text = Translatable("{step} failed: {reason}", step="A", reason=odd)
        plain = odd.replace("\0", "").replace(BEFORE_FORM, "")
        assert text == f"A failed: {plain}" and in_german(kept(text)) == f"A ist fehlgeschlagen: {plain}"
        assert kept(odd) == in_german(kept(odd)) == plain


def test_a_text_of_an_earlier_version_or_of_a_damaged_row_is_shown_as_it_is() -> None:
    for stored in (
        "Nothing that anybody knows",
        f"Cut off{BEFORE_FORM}[",
        f'Odd{BEFORE_FORM}["{{a.b}} {{c}}",{{"a":1}}]',
    ):
        job = Job.objects.create(type="sync", source="test")
        write_raw(job, stored)
        assert in_german(Job.objects.get(pk=job.pk).error_message) == stored.partition(BEFORE_FORM)[0]


def write_raw(job: Job, stored: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        table, key = connection.ops.quote_name(Job._meta.db_table), Job._meta.pk.get_db_prep_value(job.pk, connection)
        cursor.execute(f"UPDATE {table} SET error_message = %s WHERE id = %s", [stored, key])


def test_a_long_text_has_its_quotes_cut_and_stays_translatable() -> None:
    long = Translatable(
        "{step} failed: {reason}", step="A", reason=Translatable("Skipped - {reason}", reason="x" * 9000)
    )
    short = shortened(long, 1000)
    assert 250 < len(short) <= 1000 and in_german(short).startswith("A ist fehlgeschlagen: Übersprungen – xxx")
    assert shortened("x" * 9000, 1000) == "x" * 1000 and shortened(Translatable("y" * 9000), 1000) == "y" * 1000


def test_it_survives_being_copied_and_sent_to_another_process() -> None:
    for copied in (copy.deepcopy(gone()), pickle.loads(pickle.dumps(gone()))):
        assert copied == gone() and in_german(copied) == in_german(gone())


def test_a_parameter_is_found_again() -> None:
    named = Translatable("{name}: {reason}", name="Film", reason=gone())
    assert in_german(parameter(named, "reason")) == in_german(gone()) and parameter(named, "name") == "Film"
    assert parameter("plain", "name") == parameter(quantity(1, "job"), "name") == ""


def test_events_keep_them_too() -> None:
    job = Job.objects.create(type="sync", source="test")
    Event.objects.bulk_create([Event(job=job, kind="log", message=gone())])
    assert in_german(Event.objects.get().message) == in_german(gone())
