"""Which pages the site has beside those of docs/, and how links that are right in the repository are right there.

Parts of README.md are pages of their own, and the files that an installation takes lie below files/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
# Parts of README.md by their headings; what comes before the first one is the start page.
PAGES = {
    "quick-start.md": ["Quick start", "Installation"],
    "how-a-run-works.md": ["How a run works"],
    "figures.md": ["Scaling"],
}
WHERE_TO_GO = """
## Where to go on

- [Quick start](README.md#quick-start)
- [Real services](docs/services.md): what StashHog needs of Stash, qBittorrent and the tagger
- [Installing it for good](docs/deployment.md)
- [Troubleshooting](docs/troubleshooting.md)
"""
OTHER_FILES = ("Dockerfile", "compose.yaml", "deploy/**/*", "LICENSE", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")
FOLDERS = {"docs/adr": "adr/0001-django-q2-as-notifier.md"}  # a site has no page of a folder
LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def of_readme() -> dict[str, str]:
    """The text of each page that is made of README.md, by its name."""
    parts = dict(sections((ROOT / "README.md").read_text()))
    made = {name: "\n".join(parts[heading] for heading in headings) for name, headings in PAGES.items()}
    return made | {"index.md": parts[""] + WHERE_TO_GO}


def sections(readme: str) -> Iterator[tuple[str, str]]:
    """Headings of the second level, each with its part, of which it is the title; "" for what comes before."""
    for part in re.split(r"^(?=## )", readme, flags=re.MULTILINE):
        if part.startswith("## "):
            yield part.partition("\n")[0].removeprefix("## "), part.removeprefix("#")
        else:
            yield "", part


def other_files() -> dict[str, str]:
    """Where the site has files of the repository, by where they are there."""
    found = (path for pattern in OTHER_FILES for path in ROOT.glob(pattern) if path.is_file())
    return {path: place_of(path) for path in (str(path.relative_to(ROOT)) for path in found)}


def place_of(path: str) -> str:
    """As text: they have links of their own, which lead nowhere on a site."""
    return f"files/{path.removesuffix('.md')}.txt" if path.endswith(".md") else f"files/{path}"


def with_links_of_site(markdown: str, page: str, folder: str) -> str:
    """The text of the site's page of this name; ``folder``: that of its file in the repository."""
    return LINK.sub(lambda found: found[1] + link_of_site(found[2], page, folder) + found[3], markdown)


def link_of_site(link: str, page: str, folder: str) -> str:
    address, hash, anchor = link.partition("#")
    if not address or ":" in address:
        return link
    target = str((ROOT / folder / address).resolve().relative_to(ROOT))
    up = "../" * (len(PurePosixPath(page).parts) - 1)
    if target == "README.md":
        return f"{up}{page_with(anchor)}{hash}{anchor}"
    if target in (there := other_files()):
        return up + there[target]
    return f"{up}{FOLDERS.get(target, target.removeprefix('docs/'))}{hash}{anchor}"


def page_with(anchor: str) -> str:
    """The page that has this heading of README.md."""
    for name, headings in PAGES.items():
        if anchor in {heading.lower().replace(" ", "-") for heading in headings}:
            return name
    return "index.md"
