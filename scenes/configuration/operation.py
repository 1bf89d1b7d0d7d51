"""The settings of what StashHog tells people and programs about itself."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import Networks, Number, Url

OPERATION = "operation"


@dataclass(frozen=True)
class OperationSettings:
    """None is pinned: they are of the installation, not of a run."""

    public_url: str = setting(
        Url(),
        _("Public address"),
        _(
            "Address by which people open StashHog, such as https://stashhog.example.com, for the links in "
            "notifications; without one they have none"
        ),
        group=OPERATION,
    )
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = setting(
        Networks(),
        _("Networks that read metrics"),
        _(
            "From these addresses and networks (commas) /metrics is read without a token, such as "
            "192.168.1.5,10.0.0.0/8. Behind a proxy that StashHog does not trust all requests have the proxy's "
            "address. None when empty: only a token of its own opens it"
        ),
        group=OPERATION,
    )
    backup_expected_days: float = setting(
        Number(0, 366, whole=True),
        _("Days between backups"),
        _("A backup is missing, and that is told, when the newest one is older than so many days. 0: none is expected"),
        group=OPERATION,
        default="8",
    )
