"""Django writes the labels of a model's fields so; those that a form gives itself are to look the same."""

from __future__ import annotations

import pytest

from tests.web.factories import make_user
from tests.web.permissions.routes import models

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates


def test_every_label_of_a_form_in_the_admin_begins_with_a_capital_letter(rf):
    request = rf.get("/")
    request.user = make_user()
    labels = {
        (model, name): str(field.label)
        for model, model_admin in models().items()
        if model_admin.has_add_permission(request)
        for name, field in model_admin.get_form(request).base_fields.items()
        if field.label
    }
    assert ("notifications.channel", "causes") in labels
    assert {where: label for where, label in labels.items() if label[0].islower()} == {}
