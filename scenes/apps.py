from django.apps import AppConfig


class ScenesConfig(AppConfig):
    name = "scenes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scenes import checks  # noqa: F401 - registers the system checks
