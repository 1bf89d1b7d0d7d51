from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScenesConfig(AppConfig):
    name = "scenes"
    verbose_name = _("Scenes")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.signals import request_started
        from django.db.models.signals import post_migrate

        from jobs.signals import runs_ended
        from scenes import checks, configuration  # noqa: F401 - registers the system checks
        from scenes.downloads.rechecking import ask_for_run
        from scenes.rules.default_rule import make_default_rule
        from scenes.search import indexes

        request_started.connect(configuration.forget, dispatch_uid="scenes.configuration.forget")
        runs_ended.connect(ask_for_run, dispatch_uid="scenes.downloads.ask_for_run")
        post_migrate.connect(make_default_rule, sender=self, dispatch_uid="scenes.rules.make_default_rule")
        post_migrate.connect(indexes.make, sender=self, dispatch_uid="scenes.search.indexes.make")
