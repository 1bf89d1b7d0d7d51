"""Scenes that may have words in them, by the indexes; whoever asks compares these with the words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.formats import localize
from django.utils.translation import gettext

from jobs.declare.ids import id_of
from jobs.web.admin.big_lists import newest_of_the_rest
from scenes.models import Performer, Scene, SceneFile, Studio, Tag
from scenes.models.library import ScenePerformer, SceneQuerySet, SceneTag
from scenes.search import postgresql, sqlite
from scenes.search.indexes import PATHS, TITLES

SHORTEST = 3  # characters of a word that an index of trigrams knows
NEWEST = 20_000  # scenes that are looked at for shorter words
LISTED = 1000  # ids that are given to the database, which then knows how few they are
FEW = 50_000  # scenes that are looked up one by one, rather than looking for them among the newest
CANDIDATES = {"sqlite": sqlite.candidates, "postgresql": postgresql.candidates}


def looks_at_newest(words: Collection[str]) -> bool:
    """Whether a search for these leaves scenes out, see `narrowed`."""
    return all(len(word) < SHORTEST for word in words) and newest_of_the_rest(Scene, NEWEST) is not None


def note_on(words: Collection[str]) -> str:
    """What of the library a search for these leaves out; "" for nothing."""
    if not looks_at_newest(words):
        return ""
    text = gettext("Words of less than {letters} letters are looked for in the newest {scenes} scenes.")
    return text.format(letters=SHORTEST, scenes=localize(NEWEST))


def narrowed(rows: SceneQuerySet, words: Collection[str], *, few: int = FEW, names: bool = False) -> SceneQuerySet:
    """The rows without those that an index says have not all of the words. ``names``: see `with_word`.

    Of a word that more than ``few`` have the rows are left as they are: it is soon found among the newest. Where all
    words are shorter than SHORTEST, it is the NEWEST that are left, and those with such an id.
    """
    long = [word for word in words if len(word) >= SHORTEST]
    if not long:
        edge = newest_of_the_rest(Scene, NEWEST)
        ids = [number for number in map(id_of, words) if number]
        return rows if edge is None else rows.filter(Q(pk__gt=edge) | Q(pk__in=ids))
    for word in long:
        found = with_word(word, names=names)
        if found is None:
            continue
        ids = [row["pk"] for row in found[: LISTED + 1]]
        if len(ids) <= LISTED:
            return rows.filter(pk__in=ids)
        if found[: few + 1].count() <= few:
            return rows.filter(pk__in=found)
    return rows


def with_word(word: str, *, names: bool) -> QuerySet[Any, Any] | None:
    """The ids of scenes that may have it in the title, code or a path, or as their id; None where there is no index.

    ``names``: also those with it in the name of a tag, a performer or the studio.
    """
    candidates = CANDIDATES[connection.vendor]
    titles, paths = candidates(connection, TITLES, word), candidates(connection, PATHS, word)
    if titles is None or paths is None:
        return None
    found = [titles, SceneFile.objects.order_by().filter(pk__in=paths).values("scene")]
    if number := id_of(word):
        found.append(Scene.objects.order_by().filter(pk=number).values("pk"))
    if names:
        found += [rows.order_by().values(scene) for rows, scene in named(word)]
    first, *others = found
    return first.union(*others, all=True)


def named(word: str) -> list[tuple[QuerySet[Any, Any], str]]:
    """Rows with the id of a scene of which something is named so, and the column with it."""
    models = (Tag, Performer, Studio)
    keys: list[Any] = [model.objects.order_by().filter(name__icontains=word).values("pk") for model in models]
    tags, performers, studios = keys
    return [
        (SceneTag.objects.filter(tag__in=tags), "scene"),
        (ScenePerformer.objects.filter(performer__in=performers), "scene"),
        (Scene.objects.filter(studio__in=studios), "pk"),
    ]
