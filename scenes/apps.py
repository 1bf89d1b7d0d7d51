from django.apps import AppConfig


class ScenesConfig(AppConfig):
    name = "scenes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.signals import request_started

        from scenes import checks, configuration  # noqa: F401 - registers the system checks

        request_started.connect(configuration.forget, dispatch_uid="scenes.configuration.forget")
