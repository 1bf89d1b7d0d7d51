"""The roles."""

from django.contrib.auth.models import Group, Permission
from django.db import models


class Role(models.Model):
    """A group that StashHog keeps, and the permissions that it has given it so far.

    Each is given once: what a person takes from the group, or adds to it, stays as the person wants it.
    """

    name = models.CharField(max_length=20, primary_key=True)
    group = models.OneToOneField(Group, models.CASCADE, related_name="role")
    given = models.ManyToManyField(Permission, related_name="+")

    def __str__(self) -> str:
        return self.name
