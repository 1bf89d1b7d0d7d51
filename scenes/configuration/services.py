"""The settings of the services that StashHog asks: Stash, qBittorrent, the video taggers, a language model."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from scenes.configuration.declaring import setting
from scenes.configuration.kinds import Choice, Kind, Number, Secret, TagName, Url, Urls, Words, WordSet

ORGANIZED = ("leave", "tag")
LLM_NAMES = ("performers", "studios", "tags")
STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL = "stash", "qbittorrent", "tagger", "language_model"
SERVICES = (STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL)


@dataclass(frozen=True)
class ServiceSettings:
    """Secrets are left out of the repr."""

    stash_url: str = setting(Url(), _("Stash address"), _("Address of Stash, such as http://nas:9999"), group=STASH)
    stash_api_key: str = setting(
        Secret(ascii=True),
        _("Stash API key"),
        _("Its API key (Settings, Security), if it asks for a login"),
        group=STASH,
    )
    stash_public_url: str = setting(
        Url(),
        _("Stash address for people"),
        _("Address of Stash as browsers reach it, for “Open in Stash”; the Stash address when empty"),
        group=STASH,
    )
    stash_poll: float = setting(
        Number(0.05, 60), _("Poll interval"), _("Seconds between two looks at a job of Stash"),
        group=STASH, default="1",
    )  # fmt: skip
    qbittorrent_url: str = setting(
        Url(),
        _("qBittorrent address"),
        _("Address of qBittorrent's Web UI, such as http://nas:8080"),
        group=QBITTORRENT,
    )
    qbittorrent_username: str = setting(Kind(), _("qBittorrent user name"), _("Of its login"), group=QBITTORRENT)
    qbittorrent_password: str = setting(
        Secret(),
        _("qBittorrent password"),
        _(
            "Of its login. A refused login is tried once and then not again until address, user name or password "
            "change: five failures would ban the address for an hour"
        ),
        group=QBITTORRENT,
    )
    qbittorrent_category: str = setting(
        Kind(),
        _("qBittorrent category"),
        _(
            "Only torrents of this category and of those below it (xxx takes xxx/vr, not xxxvr); several with commas. "
            "One that qBittorrent does not have is said by each run"
        ),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_tags: tuple[str, ...] = setting(
        Words(),
        _("qBittorrent tags"),
        _("Only torrents with all of these tags (commas); one that qBittorrent does not have is said by each run"),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_handled_tag: str = setting(
        TagName(), _("Handled tag"), _("Tag that handled torrents get; none when empty"), group=QBITTORRENT, pinned=True
    )
    tagger_url: str = setting(
        Urls(),
        _("Tagger address"),
        _(
            "Address of the video tagger server; without one, only names are looked for. Several with commas: each "
            "film goes to the one that has least to do"
        ),
        group=TAGGER,
    )
    tagger_parallel: int = setting(
        Number(1, 100, whole=True),
        _("Films at once"),
        _("How many films the taggers are asked for at once in all, by all batches, workers and hosts together"),
        group=TAGGER,
        default="2",
    )
    tagger_timeout: float = setting(
        Number(1), _("Tagger time limit"), _("Seconds for one video"), group=TAGGER, default="3700"
    )
    tagger_frame_interval: float = setting(
        Number(0.05, 3600), _("Tagger frame interval"), _("Seconds between two frames that it looks at"),
        group=TAGGER, default="2", pinned=True,
    )  # fmt: skip
    tagger_threshold: float = setting(
        Number(0, 1), _("Tagger threshold"), _("Least confidence, 0 to 1"), group=TAGGER, default="0.3", pinned=True
    )
    vr_tags: tuple[str, ...] = setting(
        Words(),
        _("VR tags"),
        _(
            "Scenes with one of these tags (commas) are films for VR glasses to the tagger, beside those with the VR "
            "tag that is set in Stash's own interface"
        ),
        group=TAGGER,
        pinned=True,
    )
    tag_suffix: str = setting(
        Kind(), _("Tag suffix"), _("Ending of the names of tags that the tagger gave"),
        group=TAGGER, default="_AI", pinned=True,
    )  # fmt: skip
    organized_scenes: str = setting(
        Choice(ORGANIZED),
        _("Organized scenes"),
        _("What the tagger does with scenes that are marked organized in Stash: leave them to their owner, or tag them "
        "like others. Names are never looked for in them"),
        group=TAGGER, default="leave", pinned=True,
    )  # fmt: skip
    max_markers: int = setting(
        Number(0, 10_000, whole=True), _("Most markers"),
        _("Of a film, for each half hour of it: those stay whose tag was seen for longest; 0: all of them"),
        group=TAGGER, default="40", pinned=True,
    )  # fmt: skip
    llm_url: str = setting(
        Url(),
        _("Language model address"),
        _(
            "Address of an OpenAI-compatible server, local or not, with its /v1, such as http://nas:11434/v1. Of each "
            "scene that is asked for, its title, its path below the library folder and its details leave this machine "
            "for there, and nothing else"
        ),
        group=LANGUAGE_MODEL,
    )
    llm_api_key: str = setting(
        Secret(ascii=True), _("Language model API key"), _("If it wants one"), group=LANGUAGE_MODEL
    )
    llm_model: str = setting(
        Kind(), _("Language model"), _("The name of the model, as the server has it"), group=LANGUAGE_MODEL
    )
    llm_names: frozenset[str] = setting(
        WordSet(LLM_NAMES),
        _("Names to ask for"),
        _(
            "Which names it is asked for, once a scene (commas), of {options}, when detect_names_by_llm is among the "
            "detectors. What it answers counts only where the library has that name and the texts resemble it"
        ),
        group=LANGUAGE_MODEL,
        default=",".join(LLM_NAMES),
        pinned=True,
    )
    llm_prompt_price: float = setting(
        Number(0, 1_000_000), _("Price of tokens told"), _("Of a million; 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_completion_price: float = setting(
        Number(0, 1_000_000), _("Price of tokens answered"), _("Of a million; 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_monthly_limit: float = setting(
        Number(0, 1_000_000), _("Limit of a month"),
        _("What the questions of a calendar month may cost, by these prices"),
        group=LANGUAGE_MODEL, default="5",
    )  # fmt: skip
    llm_timeout: float = setting(
        Number(1, 600), _("Language model time limit"), _("Seconds for one answer"), group=LANGUAGE_MODEL, default="60"
    )

    @property
    def tagger_urls(self) -> tuple[str, ...]:
        """The addresses of all taggers, each once."""
        return tuple(dict.fromkeys(filter(None, (url.strip() for url in self.tagger_url.split(",")))))
