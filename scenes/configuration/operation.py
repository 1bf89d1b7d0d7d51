"""The settings of what StashHog tells people and programs about itself."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import DAYS, Networks, Number, Url

OPERATION = "operation"


@dataclass(frozen=True)
class OperationSettings:
    """None is pinned: they are of the installation, not of a run."""

    public_url: str = setting(
        Url(),
        _("Public address"),
        _(
            "Where people open StashHog, such as https://stashhog.example.com: notifications lead there. Empty: they "
            "have no links"
        ),
        group=OPERATION,
    )
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = setting(
        Networks(),
        _("Networks that read metrics"),
        _(
            "From these addresses and networks the figures for Prometheus (/metrics) are read without a token, such "
            "as 192.168.1.5,10.0.0.0/8. Behind a proxy that StashHog does not trust all requests have the proxy's "
            "address. Empty: only with a token that is made for that"
        ),
        group=OPERATION,
    )
    backup_expected_days: float = setting(
        Number(0, 366, whole=True, unit=DAYS),
        _("Time between backups"),
        _("When the newest backup is older, it is told that one is missing. 0: none is expected"),
        group=OPERATION,
        default="8",
    )
