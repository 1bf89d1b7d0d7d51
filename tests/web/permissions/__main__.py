"""`make permissions`: write docs/permissions.md."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
django.setup()

from tests.web.permissions.page import PAGE, page  # noqa: E402 - it needs Django's models

PAGE.write_text(page())
