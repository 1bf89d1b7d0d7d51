"""The setting of the tagger's address takes several, and shows no password of any of them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from scenes.configuration.definition import read
from scenes.configuration.kinds import Urls
from scenes.env import Env


def urls(text: str) -> tuple[str, ...]:
    return read(Env({"STASHHOG_TAGGER_URL": text})).tagger_urls


def test_it_takes_one_or_several_addresses_each_once() -> None:
    assert urls("http://a:8000/") == ("http://a:8000",)
    assert urls(" http://a:8000 , http://b:8000/,http://a:8000") == ("http://a:8000", "http://b:8000")
    assert urls("") == ()


@pytest.mark.parametrize("text", [",", "http://a:8000,b:8000", "http://a,ftp://b", "http://a:1,http://u:***@b"])
def test_it_refuses_what_is_no_list_of_addresses(text: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        urls(text)


@pytest.mark.parametrize(
    "text", ["http://a,http://me:secret@b", "http://me:secret@a,http://b", "http://me:se,cret@b", "me:sec,ret@b,c"]
)
def test_no_password_of_any_of_them_is_shown(text: str) -> None:
    shown = Urls().shown(text)
    assert not {"secret", "cret", "sec", "se,", "ret"} & set(shown.replace("@", ":").replace(",", ":").split(":"))
    assert "secret" not in shown and "cret" not in shown
    assert Urls().holds_secret(text)


def test_addresses_without_passwords_are_shown_as_they_are() -> None:
    assert Urls().shown("http://a:8000,http://b:8000") == "http://a:8000,http://b:8000"
    assert not Urls().holds_secret("http://a:8000,http://b:8000")
