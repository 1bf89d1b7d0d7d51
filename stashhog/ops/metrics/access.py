"""Who may read the metrics: a token for nothing else, or whoever comes from one of the networks in the settings."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest

from jobs.models import Purpose
from jobs.web import tokens
from scenes import configuration


def may_read(request: HttpRequest) -> bool:
    """Whoever sends a token is asked for that alone."""
    if header := request.headers.get("Authorization"):
        return tokens.find(tokens.from_header(header), Purpose.METRICS) is not None
    return is_near(request.META.get("REMOTE_ADDR", ""))


def is_near(text: str) -> bool:
    """Whether an address is in one of the networks."""
    try:
        address = ip_address(text)
    except ValueError:  # a UNIX socket
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return any(address in network for network in configuration.current().metrics_networks)
