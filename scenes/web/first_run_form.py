"""The questions of a first run as a form: only those that are open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scenes.first_run.deciding import ANSWERS, MOST_SCENES, SCENES, FirstRunAnswers
from scenes.models.first_run import FirstRunAnswer, FirstRunQuestion


class FirstRunForm(forms.Form):
    def __init__(self, data: Any = None, *, questions: Collection[FirstRunQuestion]):
        super().__init__(data, label_suffix="")
        for question in questions:
            choices = [(answer.value, answer.label) for answer in ANSWERS[question]]
            self.fields[question.value] = forms.ChoiceField(
                choices=choices, widget=forms.RadioSelect, label=question.label, required=False
            )
        if FirstRunQuestion.LIBRARY in questions:
            self.fields["scenes"] = forms.IntegerField(
                initial=SCENES,
                min_value=1,
                max_value=MOST_SCENES,
                required=False,
                label=_("Scenes a run"),
                help_text=_("When they are analysed: most of them in one run, after the new scenes"),
            )

    def decision(self) -> FirstRunAnswers:
        """Of what was chosen; the number counts only with the answer that it belongs to."""
        given = self.cleaned_data
        analyse = given.get("library") == FirstRunAnswer.ANALYSE
        scenes = given.get("scenes") if analyse else None
        return FirstRunAnswers(given.get("torrents", ""), given.get("library", ""), scenes)
