"""Testing connections: each bounded in time, and each with a sentence whatever happens."""

from __future__ import annotations

from collections.abc import Callable

from jobs.errors import BadRequest, JobError
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.configuration import Configuration
from scenes.downloads import login
from scenes.models import RefusedLogin
from scenes.probes import language_model, paths, qbittorrent, stash, tagger
from scenes.probes.limits import LONGEST
from scenes.probes.results import NOT_SET, ProbeResult

PROBES: dict[str, Callable[[Configuration], ProbeResult]] = {
    "stash": stash.probe,
    "qbittorrent": qbittorrent.probe,
    "tagger": tagger.probe,
    language_model.SERVICE: language_model.probe,
}


def probe_all(config: Configuration) -> list[ProbeResult]:
    """The connection tests of all services, one after the other."""
    return [probe(service, config) for service in PROBES]


def probe(service: str, config: Configuration) -> ProbeResult:
    """The connection test of one service, with these settings. Raises BadRequest for a service that is none."""
    if service not in PROBES:
        raise BadRequest(f"There is no service {service[:50]!r}: give one of {', '.join(PROBES)}.")
    if service == "qbittorrent":
        return of_qbittorrent(config)
    return bounded(service, lambda: PROBES[service](config))


def probe_path(path: str, config: Configuration) -> ProbeResult:
    """Where a path leads, with these settings."""
    return bounded(paths.SERVICE, lambda: paths.probe(config, path.strip()))


def of_qbittorrent(config: Configuration) -> ProbeResult:
    """A login that was refused is not tried a second time, and one that is refused now is remembered for the runs."""
    fingerprint = login.fingerprint(config)
    if refused := RefusedLogin.objects.filter(fingerprint=fingerprint).first():
        return ProbeResult("qbittorrent", "login_refused", refused.message)
    result = bounded("qbittorrent", lambda: qbittorrent.probe(config))
    if result.code == "login_refused":
        RefusedLogin.objects.get_or_create(fingerprint=fingerprint, defaults={"message": result.message})
    return result


def bounded(service: str, call: Callable[[], ProbeResult]) -> ProbeResult:
    """Its result, or what it failed with, within LONGEST. ``call`` uses no database: it happens in a thread."""
    try:
        return Waiter().read(call, LONGEST)
    except JobError as error:
        code = NOT_SET if error.code == "not_configured" else error.code
        return ProbeResult(service, code, error.message)
    except TimeLimitExceeded:
        message = f"No result within {LONGEST:g} s. Is the service, or the disk of a folder, away or overloaded?"
        return ProbeResult(service, "timeout", message)
