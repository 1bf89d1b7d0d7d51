from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "stashhog.ops.notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jobs.signals import run_ended
        from stashhog.ops.notifications.of_runs import tell_of_run

        run_ended.connect(tell_of_run, dispatch_uid="notifications.tell_of_run")
