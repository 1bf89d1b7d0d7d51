"""What the page "Needs you" names of what failed, and how it is released there."""

from __future__ import annotations

from django.test import Client

from scenes.web.needing.failures import FailureGroup, needs
from scenes.web.needing.need import NeedItem


def named() -> list[NeedItem]:
    """The newest of each cause."""
    return [item for cause in needs() for item in cause.items]


def counts() -> dict[str, int]:
    """By the title of the cause."""
    return {cause.title: cause.count for cause in needs()}


def release(browser: Client, item: NeedItem) -> str:
    """Press its button; the page that follows."""
    assert item.fix
    return browser.post("/needs/act", {item.fix.act: item.fix.value}, follow=True).text


def release_all(browser: Client, field: str, pk: int) -> list[str]:
    """Press each button of this download, file or scene; the pages that follow."""
    items = [(FailureGroup.of(cause.key).model.named_by, item) for cause in needs() for item in cause.items]
    mine = [item for by, item in items if by == field and item.fix and item.fix.value.endswith(f":{pk}")]
    return [release(browser, item) for item in mine]
