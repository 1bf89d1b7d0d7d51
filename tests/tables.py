"""`python -m tests.tables`: makes all tables from the models, as if they were migrated, in a fraction of the time.

That the migrations make the same is for the tests that migrate.
"""

from __future__ import annotations

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import override_settings


def make() -> None:
    """In the default database."""
    with override_settings(MIGRATION_MODULES={app.label: None for app in apps.get_app_configs()}):
        call_command("migrate", run_syncdb=True, interactive=False, verbosity=0, skip_checks=True)
    record_migrations()


def record_migrations() -> None:
    """All of them, as applied."""
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    for app_and_name in MigrationLoader(connection).disk_migrations:
        recorder.record_applied(*app_and_name)


if __name__ == "__main__":
    django.setup()
    make()
