"""A project that has django-q2 as its documentation gives it and nothing else, on a database with our options."""

from stashhog.settings import DATABASES, SECRET_KEY, USE_TZ

__all__ = ["DATABASES", "SECRET_KEY", "USE_TZ"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django_q"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
Q_CLUSTER = {
    "name": "bench",
    "workers": 2,
    "timeout": 60,
    "retry": 120,
    "orm": "default",
    "save_limit": 0,  # results are kept without a limit, since to delete the oldest with each one would slow it down
    "log_level": "WARNING",
}
