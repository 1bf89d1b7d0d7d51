"""One word for one thing: what failed too often is "quarantined" and can be "released", on every page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scenes.models import Change, Detection, Download, Generation, Outcome, PlacedFile, Plan, Scan, Scene

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _quarantined() -> None:
    """One of each kind."""
    scene = Scene.objects.create(pk=7, title="A", created_at=timezone.now(), remote_updated_at="x")
    Generation.objects.create(scene=scene, outcome=Outcome.QUARANTINED)
    Detection.objects.create(scene=scene, detector="detect_tags", outcome=Outcome.QUARANTINED)
    download = Download.objects.create(hash="a" * 40, name="B", outcome=Outcome.QUARANTINED)
    file = PlacedFile.objects.create(download=download, name="b", size=1, outcome=Outcome.QUARANTINED)
    Scan.objects.create(file=file, outcome=Outcome.QUARANTINED)
    common = {"scene": scene, "kind": "add_tag", "value": {"name": "x"}, "detector": "d", "status": "approved"}
    Change.objects.create(plan=Plan.objects.create(), key="1", outcome=Outcome.QUARANTINED, **common)


PAGES = [
    *(
        reverse(f"admin:scenes_{model}_changelist")
        for model in ("download", "placedfile", "scene", "change", "scan", "generation", "detection")
    ),
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_says_quarantined_and_release(browser: Client, address: str) -> None:
    page = browser.get(address).text
    assert "uarantined" in page and "Release" in page
    assert "iven up" not in page and "anew" not in page


def test_a_change_that_stash_refused_too_often_reads_quarantined_in_its_list(browser: Client) -> None:
    page = browser.get(reverse("admin:scenes_change_changelist")).text
    assert '<span class="badge quarantined">Quarantined</span>' in page
