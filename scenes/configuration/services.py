"""The settings of the services that StashHog asks: Stash, qBittorrent, the video taggers, a language model."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import (
    SECONDS,
    SHARE,
    Choice,
    Kind,
    Number,
    Secret,
    TagName,
    Url,
    Urls,
    Words,
    WordSet,
)

ORGANIZED = ("leave", "tag")
LLM_NAMES = ("performers", "studios", "tags")
STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL = "stash", "qbittorrent", "tagger", "language_model"
SERVICES = (STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL)


@dataclass(frozen=True)
class ServiceSettings:
    """Secrets are left out of the repr."""

    stash_url: str = setting(
        Url(), _("Stash address"), _("Where StashHog reaches Stash, such as http://nas:9999"), group=STASH
    )
    stash_api_key: str = setting(
        Secret(ascii=True),
        _("Stash API key"),
        _("Only if Stash asks for a login: there it is under Settings, Security"),
        group=STASH,
    )
    stash_public_url: str = setting(
        Url(),
        _("Stash address for people"),
        _("Where your browser reaches Stash, for the links “Open in Stash”. Empty: at the Stash address"),
        group=STASH,
    )
    stash_poll: float = setting(
        Number(0.05, 60, unit=SECONDS), _("Poll interval"),
        _("How long StashHog waits before it asks Stash again how far a scan or its previews are"),
        group=STASH, default="1",
    )  # fmt: skip
    qbittorrent_url: str = setting(
        Url(),
        _("qBittorrent address"),
        _("Where StashHog reaches the web interface of qBittorrent, such as http://nas:8080"),
        group=QBITTORRENT,
    )
    qbittorrent_username: str = setting(
        Kind(), _("qBittorrent user name"), _("As you log in to its web interface"), group=QBITTORRENT
    )
    qbittorrent_password: str = setting(
        Secret(),
        _("qBittorrent password"),
        _(
            "If qBittorrent refuses it, it is not tried again until the address, the user name or the password is "
            "another one: after five failures qBittorrent would lock StashHog out for an hour"
        ),
        group=QBITTORRENT,
    )
    qbittorrent_category: str = setting(
        Kind(),
        _("qBittorrent category"),
        _(
            "Only torrents of this category and of those below it are taken: xxx takes xxx/vr, too, but not xxxvr. "
            "Several with commas; empty: all torrents. Each run says it where qBittorrent does not have one of them"
        ),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_tags: tuple[str, ...] = setting(
        Words(),
        _("qBittorrent tags"),
        _(
            "Only torrents that have all of these tags are taken; several with commas. Each run says it where "
            "qBittorrent does not have one of them"
        ),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_handled_tag: str = setting(
        TagName(),
        _("Handled tag"),
        _("The tag that a torrent gets in qBittorrent when StashHog is done with it. Empty: none"),
        group=QBITTORRENT,
        pinned=True,
    )
    tagger_url: str = setting(
        Urls(),
        _("Tagger address"),
        _(
            "Where StashHog reaches the video tagger, which looks at the pictures of a film. Empty: only names are "
            "looked for. Several with commas: each film goes to the one that has least to do"
        ),
        group=TAGGER,
    )
    tagger_parallel: int = setting(
        Number(1, 100, whole=True),
        _("Films at once"),
        _("How many films the taggers look at together, for all batches and workers"),
        group=TAGGER,
        default="2",
    )
    tagger_timeout: float = setting(
        Number(1, unit=SECONDS), _("Tagger time limit"), _("How long the tagger may take for one film"),
        group=TAGGER, default="3700",
    )  # fmt: skip
    tagger_frame_interval: float = setting(
        Number(0.05, 3600, unit=SECONDS), _("Tagger frame interval"),
        _("The tagger looks at one picture of the film, and at the next one after so long"),
        group=TAGGER, default="2", pinned=True,
    )  # fmt: skip
    tagger_threshold: float = setting(
        Number(0, 1, unit=SHARE), _("Tagger threshold"),
        _("How sure the tagger must be of what it sees: from 0 to 1, where 0.3 is 30%"),
        group=TAGGER, default="0.3", pinned=True,
    )  # fmt: skip
    vr_tags: tuple[str, ...] = setting(
        Words(),
        _("VR tags"),
        _(
            "Scenes with one of these tags (several with commas) are films for VR glasses to the tagger, beside those "
            "with the VR tag that is set in Stash's own interface"
        ),
        group=TAGGER,
        pinned=True,
    )
    tag_suffix: str = setting(
        Kind(), _("Tag suffix"),
        _("What the names of the tagger's tags end with in Stash, so that they are told from yours"),
        group=TAGGER, default="_AI", pinned=True,
    )  # fmt: skip
    organized_scenes: str = setting(
        Choice(ORGANIZED, (_("Leave them to their owner"), _("Tag them like others"))),
        _("Organized scenes"),
        _(
            "What the tagger does with scenes that are marked organized in Stash. Names are never looked for in them"
        ),
        group=TAGGER, default="leave", pinned=True,
    )  # fmt: skip
    max_markers: int = setting(
        Number(0, 10_000, whole=True), _("Most markers"),
        _("For each half hour of a film. Of more, those stay whose tag was seen for longest. 0: no limit"),
        group=TAGGER, default="40", pinned=True,
    )  # fmt: skip
    llm_url: str = setting(
        Url(),
        _("Language model address"),
        _(
            "A server that speaks as OpenAI does, local or not, with its /v1, such as http://nas:11434/v1. Of each "
            "scene that is asked for, its title, its path below the library folder and its details leave this machine "
            "for there, and nothing else"
        ),
        group=LANGUAGE_MODEL,
    )
    llm_api_key: str = setting(
        Secret(ascii=True), _("Language model API key"), _("Only if the server wants one"), group=LANGUAGE_MODEL
    )
    llm_model: str = setting(
        Kind(), _("Language model"), _("The name of the model, as the server calls it"), group=LANGUAGE_MODEL
    )
    llm_names: frozenset[str] = setting(
        WordSet(LLM_NAMES, (_("Performers"), _("Studios"), _("Tags"))),
        _("Names to ask for"),
        _(
            "What the language model is asked for, once for each scene, where it is chosen as a detector of the runs. "
            "What it answers counts only where your library has that name and the texts resemble it"
        ),
        group=LANGUAGE_MODEL,
        default=",".join(LLM_NAMES),
        pinned=True,
    )
    llm_prompt_price: float = setting(
        Number(0, 1_000_000), _("Price of what it is told"),
        _("What a million tokens cost that are sent to it. 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_completion_price: float = setting(
        Number(0, 1_000_000), _("Price of what it answers"),
        _("What a million tokens of its answers cost. 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_monthly_limit: float = setting(
        Number(0, 1_000_000), _("Limit of a month"),
        _("What the questions of a calendar month may cost, by these prices"),
        group=LANGUAGE_MODEL, default="5",
    )  # fmt: skip
    llm_timeout: float = setting(
        Number(1, 600, unit=SECONDS), _("Language model time limit"), _("How long one answer may take"),
        group=LANGUAGE_MODEL, default="60",
    )  # fmt: skip

    @property
    def tagger_urls(self) -> tuple[str, ...]:
        """The addresses of all taggers, each once."""
        return tuple(dict.fromkeys(filter(None, (url.strip() for url in self.tagger_url.split(",")))))
