from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.utils.module_loading import autodiscover_modules

        from jobs.worker.write_fairness import install

        connection_created.connect(install, dispatch_uid="jobs.worker.write_fairness.install")
        # Each app declares its tasks and workflows in modules of these names.
        autodiscover_modules("tasks", "workflows")
