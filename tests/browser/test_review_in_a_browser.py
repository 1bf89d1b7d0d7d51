"""The review by keyboard, without a new page, in light and dark and on a phone; and the pages beside it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.acceptance
LONG = "A_very_long_name_without_any_space_" * 6
NAMES = ("Harbour at dawn", "🌊 مرحبا بالعالم " + "x" * 60, LONG)


@pytest.fixture
def waiting(site: Any) -> None:
    """Three scenes with two proposed tags each, the first one at the top; and a download that failed."""
    for model in ("Change", "Plan", "SceneFile", "Scene", "Download"):
        site.do(f"{model}.objects.all().delete() and None")
    plan = site.do("Plan.objects.create()")
    now = "__import__('django.utils.timezone').utils.timezone.now()"
    for pk, name in zip((3, 2, 1), NAMES, strict=True):
        site.do(f"Scene.objects.create(pk={pk}, title={name!r}, created_at={now}, remote_updated_at='x')")
        site.do(f"SceneFile.objects.create(pk={pk}, scene_id={pk}, path='/data/{LONG}.mp4', duration=60)")
        for tag in ("Dog_AI", "Cat_AI"):
            site.do(
                f"Change.objects.create(plan_id={plan}, scene_id={pk}, kind='add_tag', value={{'name': {tag!r}}}, "
                f"key='{tag}', tag='{tag.lower()}', detector='detect_tags')"
            )
    site.do(f"Download.objects.create(hash='0' * 40, name={LONG!r}, outcome='failed', message={LONG!r})")


def statuses(site: Any) -> list[str]:
    found = site.do("list(Change.objects.order_by('-scene_id', 'pk').values_list('status', flat=True))")
    return [str(status) for status in found]


def test_everything_by_keys_and_without_a_new_page(site: Any, visit: Any, waiting: None) -> None:
    visitor = visit(width=1280)
    visitor.go("/review/")
    page = visitor.page
    page.evaluate("window.loadedOnce = true")
    page.keyboard.press("j")  # the first scene
    page.keyboard.press("j")  # its first change
    page.keyboard.press("a")
    expect(page.get_by_text("1 change approved.").first).to_be_visible()
    expect(page.get_by_text("5 changes of 3 scenes to review.")).to_be_visible()
    assert statuses(site) == ["approved"] + 5 * ["proposed"]
    page.keyboard.press("r")  # what took its place
    expect(page.get_by_text("4 changes of 2 scenes to review.")).to_be_visible()
    assert statuses(site)[:2] == ["approved", "rejected"]
    page.keyboard.press("u")
    expect(page.get_by_text("5 changes of 3 scenes to review.")).to_be_visible()
    assert statuses(site)[:2] == ["approved", "proposed"]
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    assert page.evaluate("window.loadedOnce"), "no new page was loaded"
    assert visitor.complaints == []


def test_all_of_a_scene_is_taken_back_and_what_waits_rejected_once_that_is_confirmed(
    site: Any, visit: Any, waiting: None
) -> None:
    page = (visitor := visit()).page
    written = "status='applied', before={'present': False}, after={'present': True}"
    site.do(f"Change.objects.filter(scene_id=3, tag='dog_ai').update({written})")
    visitor.go("/scenes/3/")
    button = page.get_by_role("button", name="Undo all that StashHog did to it")
    button.click()
    page.get_by_role("button", name="No, leave it").click()
    assert statuses(site)[:2] == ["applied", "proposed"]
    button.click()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".message.success")).to_contain_text("Taking it back has begun.")
    assert statuses(site)[1] == "rejected" and site.do("Job.objects.filter(type='revert_plan').count()") == 1
    assert visitor.complaints == []


def end(site: Any, type: str, **became: Any) -> None:
    """As a worker that has written the approved changes, or taken back what was written."""
    site.do(f"Change.objects.filter(status={became.pop('was')!r}).update(**{became!r})")
    now = "__import__('django.utils.timezone').utils.timezone.now()"
    site.do(f"change(Job.objects.get(type={type!r}), status='completed', percent=100, finished_at={now})")


def test_once_the_approved_changes_are_written_the_review_offers_them_no_more(
    site: Any, visit: Any, waiting: None
) -> None:
    page = (visitor := visit(width=1280)).page
    visitor.go("/review/")
    page.evaluate("window.loadedOnce = true")
    page.get_by_role("button", name="Approve all 2").first.click()
    page.get_by_role("button", name="Write 2 approved to Stash").click()
    expect(page.locator(".message.success")).to_contain_text("Writing to Stash has begun. To its job")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    end(site, "apply_plan", was="approved", status="applied")
    expect(page.get_by_role("button", name="Write 2 approved to Stash")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.locator(".message")).to_have_count(0)
    assert page.evaluate("window.loadedOnce"), "no new page was loaded"
    # The next one is watched, too.
    page.get_by_role("button", name="Approve all 2").first.click()
    page.get_by_role("button", name="Write 2 approved to Stash").click()
    expect(page.locator(".message.success")).to_contain_text("Writing to Stash has begun.")
    site.do("Job.objects.filter(status='completed').delete()")
    end(site, "apply_plan", was="approved", status="applied")
    expect(page.get_by_role("button", name="Write 2 approved to Stash")).to_have_count(0)
    assert visitor.complaints == []


def test_once_it_is_taken_back_the_page_of_the_scene_says_so(site: Any, visit: Any, waiting: None) -> None:
    page = (visitor := visit()).page
    written = "status='applied', before={'present': False}, after={'present': True}"
    site.do(f"Change.objects.filter(scene_id=3, tag='dog_ai').update({written})")
    visitor.go("/scenes/3/")
    page.evaluate("window.loadedOnce = true")
    page.locator("#history li").get_by_role("button", name="Undo").click()
    expect(page.locator("#history .badge")).to_have_text("Is to be taken back")
    end(site, "revert_plan", was="applied", status="reverted")
    expect(page.locator("#history .badge")).to_contain_text("Taken back")
    expect(page.locator(".message.success")).to_have_count(0)
    assert visitor.complaints == []


def test_the_first_decision_moves_nothing_of_the_list(site: Any, visit: Any, waiting: None) -> None:
    page = (visitor := visit(width=1280)).page
    visitor.go("/review/")
    offset = "document.getElementById('scene-3').getBoundingClientRect().top + scrollY"
    before = page.evaluate(offset)
    page.locator("#scene-3 li.change").last.focus()
    page.keyboard.press("a")
    expect(page.locator(".message.success")).to_have_text("1 change approved.")
    expect(page.locator(".message.success")).to_be_in_viewport(ratio=1)
    assert page.evaluate(offset) == before


def test_no_room_is_kept_for_messages_that_are_not_there(visit: Any, waiting: None) -> None:
    page = (visitor := visit(width=1280)).page
    tops = []
    for address in ("/review/", "/scenes/"):
        visitor.go(address)
        tops.append(page.locator("h1").bounding_box()["y"])
    assert tops[0] == tops[1]
    assert visitor.complaints == []


def test_it_works_without_javascript(site: Any, visit: Any, waiting: None) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.go("/review/")
    page = visitor.page
    page.get_by_role("button", name="Approve all 2").first.click()
    expect(page.get_by_text("2 changes approved.").first).to_be_visible()
    assert statuses(site)[:2] == ["approved", "approved"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("6 changes of 3 scenes to review.")).to_be_visible()


def test_without_javascript_the_page_goes_on_at_what_follows(site: Any, visit: Any, waiting: None) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.go("/review/")
    page = visitor.page
    first, second = page.locator("#scene-2 li.change").all()
    names = [line.get_attribute("id") for line in (first, second)]
    first.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{site.url}/review/#{names[1]}")
    expect(page.locator(f"#{names[1]}")).to_be_in_viewport()
    expect(page.locator(".message.success")).to_be_in_viewport(ratio=1)
    page.locator(f"#{names[1]}").get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{site.url}/review/#scene-1")
    page.locator("#scene-3").get_by_role("button", name="Reject all 2").click()
    page.wait_for_url(f"{site.url}/review/#scene-1")
    expect(page.get_by_text("2 changes of 1 scene to review.")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_page_is_scrolled_to_the_side_or_complains(
    site: Any, visit: Any, waiting: None, scheme: str, width: int
) -> None:
    visitor = visit(width=width, color_scheme=scheme)
    for address in ("/review/", "/needs/", "/scenes/", "/scenes/1/", "/downloads/"):
        visitor.go(address)
        expect(visitor.page.locator("h1")).to_be_visible()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert visitor.complaints == []


def test_what_a_run_writes_is_said_live_and_its_failure_with_the_reason(site: Any, visit: Any, waiting: None) -> None:
    """The job begins after the page was made, and nobody of this page started it."""
    page = (visitor := visit(width=1280)).page
    site.do("Change.objects.filter(scene_id=3).update(status='approved')")
    visitor.go("/review/")
    page.evaluate("window.loadedOnce = true")
    line = page.locator("#writing")
    expect(page.get_by_role("button", name="Write 2 approved to Stash")).to_be_visible()
    expect(line.locator("p")).to_have_count(0)
    offset = "document.getElementById('scene-2').getBoundingClientRect().top + scrollY"
    before = page.evaluate(offset)
    run = site.do("make_run(at=5)")
    job = site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'analysis_batches', 'apply_plan', percent=40)")
    touch = f"change(Job.objects.get(pk='{run}'), percent=60)"
    site.do(touch)
    expect(line).to_contain_text("Approved changes are written to Stash. 40 %")
    expect(line.get_by_role("link", name="To its run")).to_have_attribute("href", f"/jobs/{run}/")
    assert page.evaluate(offset) == before
    site.do("Change.objects.filter(scene_id=3).update(status='applied')")
    site.do(f"change(Job.objects.get(pk='{job}'), status='completed')")
    site.do(touch)
    expect(page.get_by_role("button", name="Write 2 approved to Stash")).to_have_count(0)
    expect(line.locator("p")).to_have_count(0)
    failed = "status='failed', error_code='x', error_message='Stash is away. Is it running?'"
    site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'analysis_batches', 'apply_plan', number=2, {failed})")
    site.do(touch)
    expect(line).to_contain_text("Writing to Stash failed: Stash is away. Is it running? To its run")
    assert page.evaluate("window.loadedOnce"), "no new page was loaded"
    assert visitor.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_row_and_its_buttons_are_in_line_and_markers_that_overlap_are_told_apart(
    site: Any, visit: Any, waiting: None, width: int
) -> None:
    page = (visitor := visit(width=width)).page
    plan = site.do("Plan.objects.first()")
    for number, (start, end) in enumerate(((5, 30), (10, 20), (12, 40))):
        value = {"tag": f"T{number}", "title": "", "start": start, "end": end}
        site.do(
            f"Change.objects.create(plan_id={plan}, scene_id=3, kind='add_marker', value={value!r}, key='m{number}', "
            f"tag='t{number}', detector='detect_video_tags')"
        )
    visitor.go("/review/")
    page.locator("#scene-3 .strip-marks").wait_for()
    boxes = [one.bounding_box() for one in page.locator("#scene-3 .strip-marks rect").all()]
    assert len({round(box["y"]) for box in boxes if box}) == 3
    for row in page.locator("#scene-3 li.change").all():
        what, acts = row.locator(".chip").first.bounding_box(), row.locator(".acts").last.bounding_box()
        middles = [box["y"] + box["height"] / 2 for box in (what, acts) if box]
        assert width < 700 or abs(middles[0] - middles[1]) <= 2, middles
    page.locator("#scene-3 li.change").last.focus()
    page.keyboard.press("a")
    page.get_by_role("button", name="Undo").wait_for()
    for button in page.locator(".review-bar button").all():
        box = button.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] < 60, box
    assert visitor.complaints == []
