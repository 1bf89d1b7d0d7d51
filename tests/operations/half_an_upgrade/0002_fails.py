from typing import Any

from django.db import migrations


def fail(apps: Any, editor: Any) -> None:
    raise LookupError("a row that nobody thought of")


class Migration(migrations.Migration):
    dependencies = [("sessions", "0001_initial")]
    operations = [migrations.RunPython(fail)]
