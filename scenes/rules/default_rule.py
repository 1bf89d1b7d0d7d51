"""The default rule, which is always there."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as global_apps

from scenes.rules.rule_set import DEFAULT, DEFAULTS


def make_default_rule(apps: Apps = global_apps, **kwargs: Any) -> None:
    """After each migration; what people made of it stays.

    ``apps``: what the database has tables for, which after a migration back to an older version may lack this one.
    """
    from scenes.models import TagRule  # where apps are loaded

    if any(model._meta.label == TagRule._meta.label for model in apps.get_models()):
        TagRule.objects.get_or_create(key=DEFAULT, defaults={"tag_name": DEFAULT, **DEFAULTS})
