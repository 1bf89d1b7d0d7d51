"""The roles."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.Model):
    """A group that StashHog keeps, and the permissions that it has given it so far.

    Each is given once: what a person takes from the group, or adds to it, stays as the person wants it.
    """

    name = models.CharField(_("name"), max_length=20, primary_key=True)
    group = models.OneToOneField(Group, models.CASCADE, related_name="role", verbose_name=_("group"))
    given = models.ManyToManyField(Permission, related_name="+", verbose_name=_("given"))

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name
