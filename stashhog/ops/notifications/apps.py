from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "stashhog.ops.notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from jobs.models import Occurrence, RunRequest
        from jobs.signals import runs_ended
        from stashhog.ops.notifications.of_runs import tell_of_runs
        from stashhog.ops.notifications.of_schedules import tell_of_occurrence, tell_of_request

        runs_ended.connect(tell_of_runs, dispatch_uid="notifications.tell_of_runs")
        post_save.connect(tell_of_occurrence, sender=Occurrence, dispatch_uid="notifications.tell_of_occurrence")
        post_save.connect(tell_of_request, sender=RunRequest, dispatch_uid="notifications.tell_of_request")
