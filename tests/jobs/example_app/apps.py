"""Workers that take long to be ready: STASHHOG_EXAMPLE_SLOW_SPAWN says how many seconds, without any report."""

import os
import time
from typing import Any

from django.apps import AppConfig


class ExampleConfig(AppConfig):
    name = "tests.jobs.example_app"

    def ready(self) -> None:
        from django_q.signals import post_spawn

        if "STASHHOG_EXAMPLE_SLOW_SPAWN" in os.environ:
            post_spawn.connect(_take_long, dispatch_uid="example_app.take_long")


def _take_long(**kwargs: Any) -> None:
    time.sleep(float(os.environ["STASHHOG_EXAMPLE_SLOW_SPAWN"]))
