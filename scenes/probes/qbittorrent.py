"""The connection test of qBittorrent. A refused login is never tried again: five failures ban this address."""

from __future__ import annotations

from contextlib import closing

from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes import services
from scenes.configuration import Configuration, named_setting
from scenes.downloads.torrents.filtering import unknown_in_filter
from scenes.downloads.torrents.states import classify
from scenes.probes.limits import LIMITS
from scenes.probes.results import OK, ProbeFinding, ProbeResult


def probe(config: Configuration) -> ProbeResult:
    """Raises JobError, ``login_refused`` among them. To be asked only when this login was not refused before."""
    with closing(services.qbittorrent(Waiter(), config, read=LIMITS)) as client:
        client.log_in()
        version, categories, torrents = client.version(), client.categories(), client.torrents()
        unknown = unknown_in_filter(client, config, torrents)
    # As a run sees them.
    finished = [torrent for torrent in torrents if torrent.phase == "finished"]
    taken = sum(classify(torrent, config) is None for torrent in finished)
    findings = [
        ProbeFinding(_("Version"), version),
        ProbeFinding(_("Categories"), ", ".join(categories) or _("none")),
        ProbeFinding(
            _("Finished torrents"), _("{all:,}, of which the filter takes {taken:,}", all=len(finished), taken=taken)
        ),
    ]
    if unknown:
        fix = _(
            "Correct {category} or {tags} in the settings, or make it in qBittorrent.",
            category=named_setting("qbittorrent_category"),
            tags=named_setting("qbittorrent_tags"),
        )
        findings.append(ProbeFinding(_("Filter"), unknown, good=False, fix=fix))
    return ProbeResult("qbittorrent", OK, _("qBittorrent answers, and takes the login."), findings)
