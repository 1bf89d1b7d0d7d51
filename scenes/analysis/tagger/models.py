"""Which models each tagger has now, in rows: what is outdated shows without asking a tagger."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from scenes.clients.tagger.models import Model, by_category
from scenes.configuration import Configuration
from scenes.models import TaggerCategory, TaggerModel

UNKNOWN = Model("", "", ())  # what a server before v3 sees with


def address_key(url: str) -> str:
    """What stands for an address in rows, since it may hold a password."""
    return salted_hmac("scenes.tagger_address", url.rstrip("/"), algorithm="sha256").hexdigest()


def addresses(config: Configuration) -> list[str]:
    """The keys of the taggers that are set."""
    return [address_key(url) for url in config.tagger_urls]


def row_of(model: Model) -> int:
    """The primary key of its row; made when it isn't there yet."""
    name, identifier, version = model.key
    return TaggerModel.objects.get_or_create(name=name, identifier=identifier, version=version)[0].pk


def rows_of(models: Mapping[str, Model]) -> dict[str, int]:
    """By category: the primary keys of their rows."""
    keys = {model: row_of(model) for model in set(models.values())}
    return {category: keys[model] for category, model in models.items()}


def remember(url: str, models: list[Model] | None) -> bool:
    """Keep what the tagger at ``url`` said; whether it was news. None: it is too old to tell; none: it is loading."""
    if models == []:
        return False
    models_by_category = by_category(models or ())
    rows = TaggerCategory.objects.filter(address=address_key(url))
    known = {
        category: (name, identifier, version)
        for category, name, identifier, version in rows.values_list(
            "category", "model__name", "model__identifier", "model__version"
        )
    }
    if known == {category: model.key for category, model in models_by_category.items()}:
        return False
    with transaction.atomic():
        rows.exclude(category__in=list(models_by_category)).delete()
        TaggerCategory.objects.bulk_create(
            [
                TaggerCategory(address=address_key(url), category=name, model_id=pk, reported_at=timezone.now())
                for name, pk in rows_of(models_by_category).items()
            ],
            update_conflicts=True,
            unique_fields=["address", "category"],
            update_fields=["model", "reported_at"],
        )
    return True


def of_today(config: Configuration) -> dict[str, list[TaggerModel]]:
    """Category → the models that give it at the taggers that are set, each once."""
    found: dict[str, dict[int, TaggerModel]] = {}
    for row in TaggerCategory.objects.filter(address__in=addresses(config)).select_related("model"):
        found.setdefault(row.category, {})[row.model_id] = row.model
    return {category: list(models.values()) for category, models in found.items()}


def by_address(config: Configuration) -> dict[str, frozenset[str]]:
    """Which categories each tagger that is set has, as it last said; without those that are too old to tell."""
    found: dict[str, set[str]] = {}
    for address, category in TaggerCategory.objects.filter(address__in=addresses(config)).values_list(
        "address", "category"
    ):
        found.setdefault(address, set()).add(category)
    return {address: frozenset(categories) for address, categories in found.items()}
