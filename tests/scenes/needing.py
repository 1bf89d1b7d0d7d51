"""What the page "Needs you" names of what failed, and how it is released there."""

from __future__ import annotations

from django.test import Client

from scenes.web.needing.failures import FailureGroup, needs
from scenes.web.needing.need import NeedItem


def named() -> list[NeedItem]:
    """The newest of each need."""
    return [item for need in needs() for item in need.items]


def counts() -> dict[str, int]:
    """By the title of the need."""
    return {need.title: need.count for need in needs()}


def release(browser: Client, item: NeedItem) -> str:
    """Press its button; the page that follows."""
    assert item.fix
    return browser.post("/needs/act", {item.fix.act: item.fix.value}, follow=True).text


def release_all(browser: Client, field: str, pk: int) -> list[str]:
    """Press each button of this download, file or scene; the pages that follow."""
    items = [(FailureGroup.of(need.key).model.named_by, item) for need in needs() for item in need.items]
    mine = [item for by, item in items if by == field and item.fix and item.fix.value.endswith(f":{pk}")]
    return [release(browser, item) for item in mine]
