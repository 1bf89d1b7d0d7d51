"""Editing a proposed change: a tag's name; a marker's tag, title and times, as people write them (1:23.5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scenes.models import Change
from scenes.plans.review.editing import EDITABLE, LONGEST_NAME, LONGEST_TITLE

LONGEST_TIME = 20  # characters
HOW = _("As 83.5 (seconds), 1:23.5 or 1:02:03.")
NO_TIME = _("“{text}” is no time.")
LABELS = {"name": _("Tag"), "tag": _("Tag"), "title": _("Title"), "start": _("From"), "end": _("To")}


class TimeField(forms.CharField):
    """Seconds as a float; None for nothing where nothing may be given."""

    def __init__(self, **options: Any):
        super().__init__(max_length=LONGEST_TIME, help_text=HOW, **options)

    def clean(self, value: Any) -> float | None:
        text = super().clean(value).strip()
        if not text:
            return None
        parts = text.split(":")
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        if not 0 < len(numbers) <= 3 or any(number < 0 for number in numbers):
            raise forms.ValidationError(f"{NO_TIME.format(text=text)} {HOW}")
        return float(sum(number * 60.0**power for power, number in enumerate(reversed(numbers))))

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, int | float) else value


def written(seconds: float) -> str:
    """83.5 → 1:23.5"""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{text}.{thousandths:03}".rstrip("0") if thousandths else text


class EditForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME)
    tag = forms.CharField(max_length=LONGEST_NAME)
    title = forms.CharField(max_length=LONGEST_TITLE)
    start = TimeField()
    end = TimeField(required=False)

    def __init__(self, change: Change, data: Any = None):
        super().__init__(data, initial=change.value)
        for name in list(self.fields):
            self.fields[name].label = LABELS[name]
            if name not in EDITABLE.get(Change.Kind(change.kind), ()):
                del self.fields[name]
