"""Editing a proposed change on its page in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jobs.errors import BadRequest
from jobs.texts.translatable import message_of, translated
from scenes.models import Change
from scenes.plans.review.editing import EDITABLE, checked, duration_of


def can_be_edited(change: Change | None) -> bool:
    """Nothing of it is in Stash, and its kind has something to edit."""
    return change is not None and change.kind in EDITABLE and change.status in Change.OPEN and not change.intended_at


class ChangeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Has those of its fields that the change's kind knows."""

    name = forms.CharField(label=capfirst(_("tag")), required=False, max_length=255)
    tag_name = forms.CharField(label=capfirst(_("tag")), required=False, max_length=255)
    title = forms.CharField(label=capfirst(_("title")), required=False, max_length=1000)
    start = forms.FloatField(label=capfirst(_("start")), help_text=_("Seconds."))
    end = forms.FloatField(label=capfirst(_("end")), required=False, help_text=_("Seconds; empty: a moment."))

    class Meta:
        model = Change
        fields: list[str] = []

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        for name in set(self.fields) - set(fields_of(self.instance)):
            del self.fields[name]
        for name in self.fields:
            self.initial[name] = self.instance.value.get(_place(name))

    def given(self) -> dict[str, Any]:
        return {_place(name): self.cleaned_data[name] for name in self.fields}

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        try:
            checked({**self.instance.value, **self.given()}, duration_of(self.instance))
        except BadRequest as error:
            raise forms.ValidationError(translated(message_of(error))) from error


def fields_of(change: Change | None) -> list[str]:
    """The form's fields for a change; `Change` has a column ``tag`` already."""
    if change is None or not can_be_edited(change):
        return []
    return ["tag_name" if name == "tag" else name for name in EDITABLE[Change.Kind(change.kind)]]


def _place(name: str) -> str:
    return "tag" if name == "tag_name" else name
