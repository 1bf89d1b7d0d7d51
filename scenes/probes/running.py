"""Testing connections: each bounded in time, and each with a sentence whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait

from jobs.errors import BadRequest, JobError
from jobs.texts.translatable import Translatable as _
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes.configuration import GROUPS, Configuration
from scenes.downloads import login
from scenes.probes import language_model, paths, qbittorrent, stash, tagger
from scenes.probes.asking import SharedQuestions
from scenes.probes.limits import LONGEST
from scenes.probes.results import NOT_SET, OK, THE_PATH, ProbeResult

PROBES: dict[str, Callable[[Configuration], ProbeResult]] = {
    "stash": stash.probe,
    "qbittorrent": qbittorrent.probe,
    "tagger": tagger.probe,
    language_model.SERVICE: language_model.probe,
}


asker = SharedQuestions()
RECENTLY = 60.0  # seconds since it was asked


def probe_all(config: Configuration, within: float = LONGEST) -> list[ProbeResult]:
    """The connection tests of all services, side by side, in so many seconds together; no login while we are banned."""
    asked = {service: ask(service, config) for service in PROBES}
    wait([answer for answer in asked.values() if isinstance(answer, Future)], timeout=within)
    return [result_of(service, answer, config, within) for service, answer in asked.items()]


def probe(service: str, config: Configuration) -> ProbeResult:
    """The connection test of one service, which somebody asked for. Raises BadRequest for a service that is none."""
    if service not in PROBES:
        known = ", ".join(PROBES)
        raise BadRequest(_("There is no service {name!r}: give one of {known}.", name=service[:50], known=known))
    asked = ask(service, config, by_person=True)
    if isinstance(asked, Future):
        wait([asked], timeout=LONGEST)
    return result_of(service, asked, config, LONGEST)


def probe_path(path: str, config: Configuration) -> ProbeResult:
    """Where a path leads, with these settings."""
    return bounded(paths.SERVICE, lambda: paths.probe(config, path.strip()))


def ask(service: str, config: Configuration, *, by_person: bool = False) -> Future[ProbeResult] | ProbeResult:
    """Its result to come; or at once the one of a login that was refused, which is not tried a second time.

    Whether a ban has ended only a person finds out before its time.
    """
    refused = login.refusal(config) if service == "qbittorrent" else None
    if refused and not (by_person and refused.code == login.BANNED):
        return ProbeResult(service, refused.code, refused.message)
    return asker.ask(service, config, lambda: answered(service, lambda: PROBES[service](config)))


def result_of(
    service: str, asked: Future[ProbeResult] | ProbeResult, config: Configuration, within: float
) -> ProbeResult:
    """What came of a login now is remembered for the runs. One that is slow has said something a moment ago."""
    if isinstance(asked, ProbeResult):
        return asked
    last = asker.last_answer(service, config, RECENTLY)
    answer = asked if asked.done() else last.answer if last else None
    if answer is None:
        return no_result(service, within)
    result: ProbeResult = answer.result()
    if service == "qbittorrent" and answer is asked:
        login.remember(config, result.code, result.message)
        if result.code == OK:
            login.forget(config)
    return result


def bounded(service: str, call: Callable[[], ProbeResult]) -> ProbeResult:
    """Its result, or what it failed with, within LONGEST. ``call`` uses no database: it happens in a thread."""
    try:
        return Waiter().read(lambda: answered(service, call), LONGEST)
    except TimeLimitExceeded:
        return no_result(service, LONGEST)


def answered(service: str, call: Callable[[], ProbeResult]) -> ProbeResult:
    """Its result, or what it failed with."""
    try:
        return call()
    except JobError as error:
        code = NOT_SET if error.code == "not_configured" else error.code
        return ProbeResult(service, code, error.message)


def no_result(service: str, within: float) -> ProbeResult:
    message = _(
        "{service} does not answer within {seconds:g} s. Is it, or the disk of a folder, away or overloaded?",
        service=_(GROUPS[service]) if service in GROUPS else _(THE_PATH),
        seconds=within,
    )
    return ProbeResult(service, "timeout", message)
