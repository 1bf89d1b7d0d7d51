"""The list of scenes: newest first, found by whatever is shown of them, and by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from jobs.web.paging import page_of
from scenes.models import Scene, SceneFile, Studio
from scenes.models.library import ScenePerformer, SceneQuerySet, SceneTag
from scenes.search.finding import narrowed, note_on
from scenes.web.library.counts import PARAMETER, counted_of

SIZE = 24  # scenes a page
FEW = 10_000  # scenes, each of which takes several looks
MAX_SEARCH, MAX_WORDS = 200, 8  # characters; words
TOO_LONG = _(
    "Search for at most {words} words, of {characters} characters together.", words=MAX_WORDS, characters=MAX_SEARCH
)


@dataclass(frozen=True)
class SceneQuery:
    """``need``: one of the counts of scenes, of which the list is to be; ``after``: a cursor."""

    words: str = ""
    need: str = ""
    tag: int | None = None
    after: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SceneQuery:
        """From an address. Raises BadRequest for what it does not know."""
        words, need = str(given.get("q") or "").strip(), str(given.get(PARAMETER) or "")
        if len(words) > MAX_SEARCH or len(words.split()) > MAX_WORDS:
            raise BadRequest(TOO_LONG)
        if need and need not in {counted.key for counted in counted_of(Scene)}:
            raise BadRequest(gettext("There is no such list of scenes."))
        return cls(words, need, id_of(str(given.get("tag") or "")), str(given.get("after") or ""))

    @property
    def note(self) -> str:
        """What of the library was not searched."""
        return note_on(self.words.split()) if self.words else ""

    @property
    def title(self) -> str:
        """Of the list, where it is not of all scenes."""
        return next((gettext(counted.label) for counted in counted_of(Scene) if counted.key == self.need), "")

    def rows(self) -> SceneQuerySet:
        rows = Scene.objects.present()
        for counted in counted_of(Scene):
            if counted.key == self.need:
                rows = rows.filter(pk__in=counted.rows().order_by().values("pk"))
        if self.tag:
            rows = rows.filter(pk__in=SceneTag.objects.filter(tag=self.tag).values("scene"))
        for word in self.words.split():
            rows = rows.filter(has_word(word))
        return rows

    def page(self) -> tuple[Sequence[Scene], str]:
        """The scenes, and the address of the next page ("" when there is none). Raises BadRequest for no cursor."""
        rows = self.rows().prefetch_related("tags", "performers", "studio", "files")
        if self.words:
            rows = narrowed(rows, self.words.split(), few=FEW, names=True)
        page = page_of(rows, self.after, SIZE)
        return page.rows, self.address(page.next) if page.next else ""

    def address(self, after: str = "") -> str:
        values = {"q": self.words, PARAMETER: self.need, "tag": self.tag or "", "after": after}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{reverse('scenes')}?{query}" if query else reverse("scenes")


def has_word(word: str) -> Q:
    """In the title, in the path of a file, in the name of a tag, a performer or the studio; or it is the id."""
    of_it = {"scene": OuterRef("pk")}
    found = Q(title__icontains=word) | Q(file_name__icontains=word)
    found |= Q(Exists(SceneFile.objects.filter(**of_it, path__icontains=word)))
    found |= Q(Exists(SceneTag.objects.filter(**of_it, tag__name__icontains=word)))
    found |= Q(Exists(ScenePerformer.objects.filter(**of_it, performer__name__icontains=word)))
    found |= Q(studio__in=Studio.objects.filter(name__icontains=word).values("pk"))
    number = id_of(word)
    return found | Q(pk=number) if number else found
