"""The login: failures are counted by account and address, and passwords of one address checked one after the other."""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

MAX_ADDRESS_FAILURES = 100  # of one address, for whatever accounts, within the cool-off time
MAX_USERNAME = 150  # characters; longer ones would not fit into the row of the attempt
MAX_WAITING = 200  # logins of one address at once


def address_of(request: HttpRequest | None) -> str | None:
    """Where a login comes from: the connection's own address; of IPv6 the network, since a host has all of a /64."""
    given = request.META.get("REMOTE_ADDR", "") if request else ""
    try:
        address = ipaddress.ip_address(given)
    except ValueError:  # a UNIX socket
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False).network_address)


class LoginThrottle(AxesDatabaseHandler):
    """Two limits: an account is locked for the address that failed with it, and an address that fails with many.

    So nobody locks an account for its owner, who comes from another address.
    """

    def locked_until(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> datetime | None:
        """When another attempt is allowed; None: now."""
        attempts = [(found, settings.AXES_FAILURE_LIMIT) for found in self.get_user_attempts(request, credentials)]
        recent = get_cool_off_threshold(request)
        of_address = AccessAttempt.objects.filter(ip_address=address_of(request), attempt_time__gte=recent)
        limits = [*attempts, (of_address, MAX_ADDRESS_FAILURES)]
        return max((until for found, limit in limits if (until := free_at(found, limit))), default=None)

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return self.locked_until(request, credentials) is not None


def free_at(attempts: Any, limit: int) -> datetime | None:
    """When so many of the attempts are older than the cool-off time that fewer than ``limit`` failures are left."""
    rows: list[tuple[datetime, int]] = list(
        attempts.order_by("attempt_time").values_list("attempt_time", "failures_since_start")
    )
    left = sum(failures for _, failures in rows)
    if left < limit:
        return None
    for at, failures in rows:
        left -= failures
        if left < limit:
            return at + (get_cool_off() or timedelta(0))
    return None


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """The answer to a login that is not tried. It is the same whether there is such an account or not."""
    until = LoginThrottle().locked_until(request, credentials) or timezone.now()
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    context = {"minutes": math.ceil(seconds / 60)}
    page = render(request, "login_locked.html", context, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


class LoginLanes:
    """Lets one password of each address be checked at a time.

    So failures are counted before the next attempt, and whoever tries many passwords at once waits for himself alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lanes: dict[str | None, threading.Lock] = {}
        self._waiting: Counter[str | None] = Counter()

    @contextmanager
    def turn(self, address: str | None) -> Iterator[None]:
        """Wait for this login's turn. Raises ValidationError when too many of the address wait already."""
        with self._lock:
            if self._waiting[address] >= MAX_WAITING:
                raise ValidationError(gettext("Too many logins from your address at once. Try again in a minute."))
            self._waiting[address] += 1
            lane = self._lanes.setdefault(address, threading.Lock())
        try:
            with lane:
                yield
        finally:
            with self._lock:
                self._waiting[address] -= 1
                if not self._waiting[address]:
                    del self._waiting[address], self._lanes[address]


lanes = LoginLanes()


class LoginForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Within its turn it is asked whether the account is locked, the password checked, and a failure counted."""
        if len(self.cleaned_data.get("username") or "") > MAX_USERNAME:
            raise self.get_invalid_login_error()  # no account has such a name
        with lanes.turn(address_of(self.request)):
            return super().clean()
