from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from jobs.worker.write_fairness import install

        connection_created.connect(install, dispatch_uid="jobs.worker.write_fairness.install")
