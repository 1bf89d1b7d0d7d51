"""What failed or is quarantined, of every model of what is attempted, by why: two or three queries a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, F, Max, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.models.compiled import Compiled
from jobs.texts.translatable import translated
from scenes import releasing
from scenes.codes import fix_of
from scenes.codes.code import with_settings
from scenes.models import BAD, Attempts, Detection, Download, Outcome, PlacedFile, StashTask, attempted
from scenes.models.attempts import AttemptsQuerySet
from scenes.permissions import RELEASE
from scenes.pieces import pieces
from scenes.releasing import NAMED_MODELS
from scenes.web.needing.need import Fix, Need, NeedItem
from scenes.words import DETECTORS

NAMED = 6  # items of a need, where there are several needs
NAMED_OF_ONE = 200
READ = 200  # items of a model
BY: dict[type[Attempts], str] = {Detection: "detector", StashTask: "kind"}  # others: by their code
OWN_RELEASE = (Download, PlacedFile)  # with what belongs to them
# Code of downloads and files → what it is called, and what to do.
WORDS = {
    "needs_unpacking": (_("To unpack"), _("Unpack them into their torrent's folder, or leave it: the rest is placed.")),
    "other_filesystem": (
        _("On another file system"),
        _("Hard links need one file system: set {link_mode} to {link_mode:copy}, or move a folder."),
    ),
    "no_permission": (
        _("No permission"),
        _("Give the user that StashHog runs as the right to read and to link these files."),
    ),
    "disk_full": (_("Disk full"), _("Make room on the library's disk.")),
    "no_hard_links": (
        _("No hard links here"),
        _("The disk can't make them: set {link_mode} to {link_mode:hardlink_or_copy} or {link_mode:copy}."),
    ),
    "read_only": (_("Read-only disk"), _("Mount the library so that it can be written to.")),
    "unsafe_path": (_("Names that climb out"), _("Rename what is named so in qBittorrent; nothing was placed.")),
    "unreadable": (_("Unreadable"), _("Look whether the file is whole: recheck it in qBittorrent.")),
    "missing_files": (_("Files are missing"), _("Recheck the torrents in qBittorrent: it says that files are gone.")),
    "not_visible": (
        _("Not seen by StashHog"),
        _("Check {path_map} in the settings, and that the folder is mounted."),
    ),
    "destination_unusable": (_("Destination unusable"), _("Fix the destination's folder, then retry.")),
    "library_missing": (
        _("No library folder"),
        _("Mount or make it, or correct {library_path} in the settings."),
    ),
    "name_taken": (_("Name taken"), _("Something else has that name in the library: look at it, then retry.")),
}
DEFAULT = _("Look at the reason, fix it, then retry.")


@dataclass(frozen=True)
class FailureGroup:
    """Those of a model that failed alike."""

    model: type[Attempts]
    value: str

    @property
    def key(self) -> str:
        return f"{self.model._meta.model_name}:{self.value}"

    @classmethod
    def of(cls, key: str) -> FailureGroup:
        """Raises BadRequest for what names none."""
        name, _, value = key.partition(":")
        for model in attempted():
            if model._meta.model_name == name:
                return cls(model, value)
        raise BadRequest(gettext("There is no such need."))

    @property
    def title(self) -> str:
        words = WORDS.get(self.value, ("",))[0] or DETECTORS.get(self.value, self.value.replace("_", " "))
        what = capfirst(self.model._meta.verbose_name_plural)
        if not words:
            return gettext("{what} failed").format(what=what)
        shown = gettext(words)
        return f"{what}: {shown if shown != words else shown[0].lower() + shown[1:]}"

    @property
    def sentence(self) -> str:
        own = WORDS.get(self.value)
        return with_settings(gettext(own[1])) if own else fix_of(self.value) or gettext(DEFAULT)

    def rows(self) -> AttemptsQuerySet[Any]:
        return bad(self.model).filter(**{by(self.model): self.value})

    def release(self, named_id: str = "") -> int:
        """All of them, or those of one download, file or scene (its id). Returns how many. Raises BadRequest."""
        rows = self.rows()
        if named_id:
            if id_of(named_id) is None:
                raise BadRequest(gettext("There is nothing of this id."))
            rows = rows.filter(**{self.model.released_with[self.model.named_by]: id_of(named_id)})
        return releasing.release(rows) if self.model in OWN_RELEASE else released(self.model, rows)


def released(model: type[Attempts], rows: AttemptsQuerySet[Any]) -> int:
    """By their ids, since an UPDATE takes no joins; all of them or none."""
    with transaction.atomic():
        ids = list(rows.order_by().values_list("pk", flat=True))
        return sum(model.objects.filter(pk__in=part).release() for part in pieces(ids))


def by(model: type[Attempts]) -> str:
    return BY.get(model, "code")


def bad(model: type[Attempts]) -> AttemptsQuerySet[Any]:
    """Without the files that their torrent speaks for: it failed as they did, and is released with them."""
    rows = model.objects.bad().named()
    if model is not PlacedFile:
        return rows
    return rows.exclude(download__outcome__in=BAD, download__code=F("code"))  # type: ignore[misc]


def groups() -> dict[FailureGroup, int]:
    """Each with how many downloads, files or scenes it is about; one query."""
    found = {(name, value): count for name, value, count in counts_of_all()}
    models = {str(model._meta.model_name): model for model in attempted()}
    return {FailureGroup(models[name], value): count for (name, value), count in sorted(found.items())}


def all_counts() -> Any:
    first, *others = map(counts_of, attempted())
    return first.union(*others, all=True)


counts_of_all = Compiled(all_counts)


def counts_of(model: type[Attempts]) -> Any:
    path = model.released_with[model.named_by]
    named = Value(str(model._meta.model_name), output_field=CharField())
    rows = bad(model).order_by().annotate(of=named, by=F(by(model)))
    return rows.values("of", "by").annotate(count=Count(path, distinct=True)).values_list("of", "by", "count")


def needs(only: str = "", most: int = NAMED, page: int = 1) -> list[Need]:
    """All with so many of their items, or the one of this key with a page of NAMED_OF_ONE of them."""
    found = {group: count for group, count in groups().items() if not only or group.key == only}
    items: dict[FailureGroup, list[NeedItem]] = {}
    named, skipped = (NAMED_OF_ONE, NAMED_OF_ONE * (page - 1)) if only else (most, 0)
    for model in dict.fromkeys(group.model for group in found if named):
        of = [group for group in found if group.model is model]
        items |= items_of(model, of, named, skipped)
    retry = gettext("Retry all of these")
    return [
        Need(
            key=group.key,
            title=group.title,
            sentence=group.sentence,
            count=count,
            fix=Fix(retry, RELEASE, act="release", value=group.key),
            items=items.get(group, ()),
            is_named=True,
            skipped=skipped,
        )
        for group, count in found.items()
    ]


def items_of(
    model: type[Attempts], of: Sequence[FailureGroup], most: int, skipped: int
) -> dict[FailureGroup, list[NeedItem]]:
    """The newest of each group, named by their download, file or scene; ``skipped``: of a single group."""
    path = model.released_with[model.named_by]
    rows = bad(model).filter(**{f"{by(model)}__in": [group.value for group in of]}).order_by()
    sums = rows.values_list(by(model), path).annotate(
        count=Count("pk"),
        quarantined=Count("pk", filter=Q(outcome=Outcome.QUARANTINED)),
        why=Max("message"),
        at=Max(Coalesce("failed_at", "updated_at")),
    )
    newest = list(sums.order_by("-at", f"-{path}")[skipped : skipped + READ])
    named_rows = NAMED_MODELS[model.named_by]._default_manager.in_bulk([pk for _, pk, *_ in newest])
    found: dict[FailureGroup, list[NeedItem]] = {group: [] for group in of}
    singular, many = model.failing
    for value, pk, count, quarantined, why, *_rest in newest:
        group = FailureGroup(model, value)
        if len(found[group]) < most:
            fix = Fix(gettext("Retry"), RELEASE, act="release-one", value=f"{group.key}:{pk}")
            name = str(named_rows.get(pk, f"{gettext(model.named_by.capitalize())} {pk}"))
            message = gettext(singular if count == 1 else many).format(count=count, reason=translated(why))
            found[group].append(NeedItem(name, message, address_of(model, named_rows.get(pk)), fix, quarantined > 0))
    return found


def address_of(model: type[Attempts], named: Any) -> str:
    """The page on which it is looked at."""
    if named is None:
        return ""
    if model.named_by == "scene":
        return reverse("scene", args=[named.pk])
    download = named.pk if isinstance(named, Download) else named.download_id
    return f"{reverse('downloads')}?download={download}"


def release_one(value: str) -> int:
    """``value``: of an item's button. Raises BadRequest."""
    key, _, named_id = value.rpartition(":")
    return FailureGroup.of(key).release(named_id)
