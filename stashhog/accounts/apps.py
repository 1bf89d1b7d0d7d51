from axes.apps import AppConfig as AxesAppConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoginsConfig(AxesAppConfig):
    """django-axes, under a heading in the admin that says what it is."""

    verbose_name = _("Logins")


class AccountsConfig(AppConfig):
    """After the apps whose permissions the roles have: their own `post_migrate` comes before this one's."""

    name = "stashhog.accounts"
    verbose_name = _("Users and roles")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.models import User
        from django.db.models.signals import m2m_changed, post_migrate

        from stashhog.accounts.roles import make_roles, make_staff

        post_migrate.connect(make_roles, sender=self, dispatch_uid="accounts.roles.make_roles")
        m2m_changed.connect(make_staff, sender=User.groups.through, dispatch_uid="accounts.roles.make_staff")
