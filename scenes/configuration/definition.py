"""All settings of StashHog together: what each is called, may hold and is for, is said where its group is declared."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable
from scenes.configuration.declaring import declared_in, setting
from scenes.configuration.destinations import DestinationRow, Destinations, destinations_of
from scenes.configuration.files import FILES, LIBRARY, FileSettings
from scenes.configuration.kinds import SECONDS, NamedOptions, Number, WordSet
from scenes.configuration.media_tags import ANALYSIS, MediaTagNames
from scenes.configuration.operation import OPERATION, OperationSettings
from scenes.configuration.run_defaults import RUNS, RunDefaults
from scenes.configuration.services import LANGUAGE_MODEL, QBITTORRENT, STASH, TAGGER, ServiceSettings
from scenes.configuration.stash_tasks import STASH_TASKS, StashTaskSettings
from scenes.env import Env
from scenes.words import OUTPUTS

GENERATES = (
    "covers", "sprites", "previews", "imagePreviews", "phashes", "markers", "markerImagePreviews", "markerScreenshots",
)  # fmt: skip

PREVIEWS = "previews"
GROUPS = {
    STASH: "Stash",
    QBITTORRENT: "qBittorrent",
    TAGGER: _("Video tagger"),
    LANGUAGE_MODEL: _("Language model"),
    ANALYSIS: _("Analysis"),
    LIBRARY: _("Library and paths"),
    FILES: _("How files are placed"),
    PREVIEWS: _("Previews"),
    RUNS: _("Runs"),
    STASH_TASKS: _("Tasks of Stash"),
    OPERATION: _("Notifications and metrics"),
}


@dataclass(frozen=True)
class Configuration(FileSettings, ServiceSettings, RunDefaults, MediaTagNames, StashTaskSettings, OperationSettings):
    """All that the sub-jobs need to know, typed. Secrets are left out of the repr.

    ``unusable``: what is stored and can't be used, so that it counts as unset, by key: a sentence each.
    """

    generate: frozenset[str] = setting(
        WordSet(GENERATES, tuple(OUTPUTS[name] for name in GENERATES)), _("Generated output"),
        _("What Stash makes for each new scene"),
        group=PREVIEWS, default="covers,previews,sprites,phashes", pinned=True,
    )  # fmt: skip
    generate_seconds: float = setting(
        Number(1, unit=SECONDS), _("Time box of generating"),
        _("How long a run has previews made; the rest comes in the next run"),
        group=PREVIEWS, default="21600", pinned=True,
    )  # fmt: skip
    destination_rows: tuple[DestinationRow, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def destinations(self) -> Destinations:
        """Where files go: the rows, and the one by default that these settings make."""
        return destinations_of(self, DECLARED)


DECLARED = declared_in(Configuration)


def named_setting(key: str) -> Translatable:
    """What texts call a setting: the label of its field on the page of the settings, in quotation marks.

    Its variable follows where that is set: what is stored would not count.
    """
    declaration = DECLARED[key]
    label = Translatable(_("“{text}”"), text=Translatable(declaration.label))
    is_set = os.environ.get(declaration.variable, "").strip()
    return Translatable("{label} ({variable})", label=label, variable=declaration.variable) if is_set else label


def named_choice(key: str, value: str) -> Translatable:
    """What texts call a value that a setting may have, likewise."""
    kind = DECLARED[key].kind
    assert isinstance(kind, NamedOptions)
    return Translatable(_("“{text}”"), text=Translatable(kind.meanings[value]))


def read(env: Env) -> Configuration:
    """The configuration that the variables in ``env`` give. Raises ImproperlyConfigured with what to fix."""
    return Configuration(
        **{declared.key: declared.read(declared.in_environment(env.values)) for declared in DECLARED.values()}
    )
