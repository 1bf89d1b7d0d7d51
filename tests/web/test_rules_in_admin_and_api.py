"""Rules are edited, taken over, written and tried in the admin and by programs."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.models import Job
from scenes.models import TagRule
from tests.rules.test_rules_are_tried import saw
from tests.scenes.analysis_factories import make_scene

pytestmark = pytest.mark.django_db
RULES = "/admin/scenes/tagrule/"
TABLE = "tag_name,max_gap\nDog,<b>\n"


def post(program: Client, path: str, **body: Any) -> Any:
    return program.post(f"/api/rules{path}", json.dumps(body), content_type="application/json")


def test_a_table_is_shown_before_it_is_taken_over(browser: Client) -> None:
    content = "tag_name,stash_name\nDög,<b>Hound\n"
    uploaded = SimpleUploadedFile("rules.csv", content.encode("utf-16"))
    page = browser.post(f"{RULES}import/", {"file": uploaded}).content.decode()
    assert "1 new" in page and "New: Dög" in page and TagRule.objects.count() == 1
    held = html.unescape(re.findall('name="text" value="([^"]*)"', page)[0])
    assert browser.post(f"{RULES}import/", {"text": held, "take": "1"}).status_code == 302
    assert TagRule.objects.get(key="dög").stash_name == "<b>Hound"
    assert b"&lt;b&gt;Hound" in browser.get(RULES).content
    assert "Dög" in browser.get(f"{RULES}export/").content.decode()


def test_a_table_that_is_wrong_is_refused_with_its_lines(browser: Client) -> None:
    for given in ({"file": SimpleUploadedFile("rules.csv", TABLE.encode())}, {"text": TABLE, "take": "1"}, {}):
        page = browser.post(f"{RULES}import/", given).content.decode()
        assert "Nothing was changed" in page and ("Line 2: max_gap: “&lt;b&gt;”" in page or "Choose a file" in page)
    assert TagRule.objects.count() == 1


def test_the_default_rule_survives_its_deletion(browser: Client) -> None:
    rule, default = TagRule.objects.create(tag_name="Dog"), TagRule.objects.default().get()
    chosen = {"action": "delete_selected", "_selected_action": [rule.pk, default.pk], "post": "yes"}
    assert browser.post(RULES, chosen).status_code == 403
    assert browser.post(f"{RULES}{default.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(TagRule.objects.all()) == [default, rule]
    browser.post(RULES, chosen | {"_selected_action": [rule.pk]})
    assert list(TagRule.objects.all()) == [default]


def test_rules_are_searched_and_many_changed_at_once(browser: Client) -> None:
    for name in ("Dog", "Zebra"):
        TagRule.objects.create(tag_name=name, max_gap=3)
    assert "Zebra" not in browser.get(f"{RULES}?q=dog").content.decode().split("result_list")[1]
    chosen = list(TagRule.objects.values_list("pk", flat=True))
    browser.post(RULES, {"action": "do_not_want", "_selected_action": chosen[1:]})
    assert sorted(TagRule.objects.filter(wanted=False).values_list("key", flat=True)) == ["dog", "zebra"]
    browser.post(RULES, {"action": "as_default", "_selected_action": chosen})
    assert not TagRule.objects.of_tags().exclude(max_gap=None, wanted=None).exists()
    assert TagRule.objects.default().get().wanted is True


def test_the_page_shows_what_would_change_and_proposes_it(browser: Client) -> None:
    make_scene(1, title="<i>Sunset")
    saw(1, ("Dog", 0.0, 300.0))
    page = browser.get(f"{RULES}try/").content.decode()
    assert "1 scene tried, 1 of them would change" in page and "&lt;i&gt;Sunset" in page
    assert browser.post(f"{RULES}try/", {"max_scenes": 5}).status_code == 302
    assert Job.objects.get().params == {"scene_ids": [], "max_scenes": 5, "auto_approve": False}
    assert "max_scenes" in browser.get(f"{RULES}try/?max_scenes=0").content.decode()


def test_a_program_lists_makes_and_deletes_rules(program: Client) -> None:
    answer = post(program, "", tag_name="Dog", max_gap=2.5, required_scene_tag_duration="4 %").json()
    assert (answer["max_gap"], answer["required_scene_tag_duration"], answer["wanted"]) == (2.5, "4%", None)
    post(program, "", tag_name="dog", wanted=False)
    default, dog = program.get("/api/rules").json()["items"]
    assert (dog["max_gap"], dog["wanted"], default["tag_name"]) == (2.5, False, "__default__")
    assert program.delete(f"/api/rules/{default['id']}").status_code == 400
    assert program.delete(f"/api/rules/{dog['id']}").status_code == 204
    assert program.delete(f"/api/rules/{dog['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("", {"tag_name": "Dog", "max_gap": -1}, "max_gap"),
        ("", {"tag_name": "Dog", "gap": 1}, "gap"),
        ("", {"tag_name": " "}, "tag_name"),
        ("", {"tag_name": "a\0b"}, "tag_name"),
        ("", {"tag_name": "__default__", "stash_name": "x"}, "stash_name"),
        ("/import", {"csv": TABLE}, "Line 2: max_gap"),
        ("/try", {"csv": TABLE}, "Line 2: max_gap"),
        ("/try", {"max_scenes": 0}, "max_scenes"),
        ("/try", {"scene_ids": [2**70]}, "scene_ids"),
    ],
)
def test_what_is_wrong_is_answered_with_a_sentence(program: Client, path: str, body: Any, message: str) -> None:
    answer = post(program, path, **body)
    assert answer.status_code == 400 and message in answer.content.decode()
    assert TagRule.objects.count() == 1


def test_a_program_takes_over_tries_and_writes_a_table(program: Client) -> None:
    make_scene(1)
    saw(1, ("Dog", 0.0, 300.0))
    table = "tag_name,wanted\nDog,no\n"
    assert post(program, "/try").json()["counts"]["add_tag"] == 1
    assert post(program, "/try", csv=table, scene_ids=[1]).json()["counts"]["add_tag"] == 0
    assert post(program, "/import", csv=table, dry_run=True).json()["created"] == ["Dog"]
    assert TagRule.objects.count() == 1
    assert post(program, "/import", csv=table).json()["created"] == ["Dog"]
    assert post(program, "/try").json()["scenes_changing"] == 0
    assert "Dog,,,,,,,,FALSE," in program.get("/api/rules/csv").content.decode()
