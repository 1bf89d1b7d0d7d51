"""What is done again and again: by supervisors, and by web processes while there is none.

One of all of them looks at services and disks each OBSERVE_EVERY, so that what is up or down is decided in one place.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db import Error, connection, connections
from django.db.models import Q
from django.utils import timezone

from jobs import engine
from jobs.engine.error_boundary import catch_errors_of
from jobs.models import ApiToken, Maintenance, Purpose
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import configuration
from scenes.configuration import GROUPS
from scenes.probes import space
from scenes.probes.asking import SharedQuestions
from stashhog.ops.notifications.conditions import Kind, Observation, forget_others, remember
from stashhog.ops.notifications.delivering import deliver_due, forget_old
from stashhog.ops.notifications.models import Channel, Condition

OBSERVE_EVERY = timedelta(minutes=1)
SERVICES_EVERY = timedelta(minutes=5)  # while all are well
OBSERVING, WORKERS = "notify_observe", "notify_workers"  # names of claims
LONGEST = 5.0  # seconds for a disk to say how full it is
WEB_INTERVAL = 30.0  # seconds
NO_WORKER = _("Nothing is done until one runs: start it with `make run` or `manage.py worker`, and look into its log.")

T = TypeVar("T")
logger = logging.getLogger(__name__)
asker = SharedQuestions()


def of_supervisor() -> None:
    """Every few seconds, in a thread that may take its time."""
    if Maintenance.claim(OBSERVING, OBSERVE_EVERY):
        configuration.forget()
        if is_wanted():
            observe_all()
        forget_old()
    deliver_due()


def is_wanted() -> bool:
    """Whether somebody is told, or reads the metrics; services are not asked for nobody."""
    readers = ApiToken.objects.filter(purpose=Purpose.METRICS)
    return bool(configuration.current().metrics_networks) or Channel.objects.exists() or readers.exists()


def observe_all() -> None:
    """At all of it once: seconds, and each service at most 10."""
    disks = list(observe_disks())
    for observation in (*disks, observe_backups(), observe_workers()):
        remember(observation)
    forget_others(Kind.DISK, [disk.name for disk in disks])
    if services_are_due():
        services = list(observe_services())
        for service in services:
            remember(service)
        forget_others(Kind.SERVICE, [service.name for service in services])


def services_are_due() -> bool:
    """While all are well only now and then: each look is a login to qBittorrent. Else each time."""
    known = Condition.objects.filter(kind=Kind.SERVICE)
    recent = known.filter(looked_at__gt=timezone.now() - SERVICES_EVERY, looked_at__lte=timezone.now())
    return known.filter(Q(is_bad=True) | Q(contrary__gt=0)).exists() or not recent.exists()


def observe_services() -> Iterator[Observation]:
    """By their connection tests. One that answers and is not as it should be is up."""
    from scenes.probes import running  # it takes the clients of all services
    from scenes.probes.results import NOT_SET, OK

    for result in running.probe_all(configuration.current()):
        if result.code != NOT_SET:
            label = _(GROUPS[result.service])
            yield Observation(Kind.SERVICE, result.service, result.code != OK, result.message, label)


def observe_disks() -> Iterator[Observation]:
    """Of the data folder and of the destinations, by the doctor's limits. One that is away is not low."""
    from stashhog.ops.doctor import disks

    for folder in disks.folders(configuration.current()):
        usage = within_time(str(folder), partial(shutil.disk_usage, folder))
        if usage is not None:
            free, total, name = usage.free, usage.total, str(folder)
            text = _("{room} free", room=space.room(free, total))
            yield Observation(Kind.DISK, name[:300], space.is_low(free, total), text, name, free, total)


def observe_backups() -> Observation:
    """``value``: when the newest was made, in seconds since 1970. What failed was told when it did."""
    from stashhog.ops.backups import attempts

    state = attempts.state(within_time("backups", attempts.newest_file))
    text = state.missing or state.failed
    return Observation(
        Kind.BACKUPS, "", bool(state.missing), text, value=state.made.timestamp() if state.made else None
    )


def within_time(name: str, ask: Callable[[], T]) -> T | None:
    """What a disk says, that may be away or hang; None then, and no second thread waits at it."""
    asked: Future[T] = asker.ask(name, None, ask)
    wait([asked], timeout=LONGEST)
    try:
        return asked.result() if asked.done() else None
    except OSError:
        return None


def observe_workers() -> Observation:
    is_alive = engine.worker_alive()
    return Observation(Kind.WORKER, "", not is_alive, "" if is_alive else NO_WORKER)


def of_web() -> None:
    """A web process looks for workers, and does what they would do about notifications while there is none."""
    if engine.worker_alive():
        return
    if Maintenance.claim(WORKERS, OBSERVE_EVERY):
        configuration.forget()
        remember(observe_workers())
    deliver_due()


def watch_in_web() -> None:
    """Until the process ends, in a thread of its own."""
    threading.Thread(target=_watch, daemon=True, name="notifications").start()


def _watch() -> None:
    waiter = Waiter()
    is_away = False
    while True:
        waiter.pause(WEB_INTERVAL)
        try:
            catch_errors_of(of_web, "notifications of the web")
            is_away = False
        except Error as error:
            if not is_away:  # once: it may be away for days
                logger.warning("The database can't be reached: %s", error)
            is_away = True
            connections.close_all()
        finally:
            connection.close()
