"""What mkdocs calls while it builds the site (`hooks` of mkdocs.yml)."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # mkdocs does not look for modules here

from handbook import pages, routes  # noqa: E402
from handbook.foreign import foreign_in  # noqa: E402


def on_config(config: Any) -> Any:
    """Into the menu: the decisions, and pages of docs/ that nobody put into it."""
    named = {name for entry in config.nav for name in entry.values()}
    further = sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in named)
    config.nav += [{"Further": further}] if further else []
    config.nav.append({"Decisions": sorted(f"adr/{path.name}" for path in (ROOT / "docs" / "adr").glob("*.md"))})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that are made, the logo, and the files of the repository that pages link to."""
    made = pages.of_readme() | {"api-routes.md": routes.page()}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, "logo.svg", abs_src_path=str(ROOT / "templates" / "static" / "logo.svg")))
    for path, place in pages.other_files().items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    is_made = page.file.generated_by is not None
    folder = "" if is_made else str(PurePosixPath("docs", page.file.src_uri).parent)
    return pages.with_links_of_site(markdown, page.file.src_uri, folder)


def on_post_build(config: Any) -> None:
    if foreign := foreign_in(Path(config.site_dir)):
        raise PluginError("These pages ask other hosts for something:\n" + "\n".join(foreign))
