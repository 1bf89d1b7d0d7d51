"""Every code by which StashHog says how something ended: what it means, and what to do.

docs/troubleshooting.md is made of these tables (`python -m bench.codes_docs`), and pages and the API say what is here.
"""

from __future__ import annotations

from scenes.codes import analysis, api, files, folders, jobs, services, stash, torrents
from scenes.codes.code import Code

TABLES: dict[str, tuple[Code, ...]] = {
    "torrents": torrents.TABLE,
    "files": files.TABLE,
    "folders": folders.TABLE,
    "services": services.TABLE,
    "stash": stash.TABLE,
    "analysis": analysis.TABLE,
    "jobs": jobs.TABLE,
    "api": api.TABLE,
}
KNOWN = {code.name: code for table in TABLES.values() for code in table}


def fix_of(code: str) -> str:
    """What to do about it, in a sentence; "" where there is nothing to do, or nothing known."""
    known = KNOWN.get(code)
    return known.plain_fix if known else ""
