"""Of services, whichever it is."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("bad_url", "the address in the settings is none", _("correct it: `http://nas:9999`")),
    Code(
        "unreachable",
        "no connection: the service is not running, or its address is wrong",
        _("in a container, `localhost` is the container itself: use the service's name, or its machine's address"),
    ),
    Code(
        "broken_off",
        "the connection ended in the midst of the answer",
        _("look into the service's log; it is tried again"),
    ),
    Code("timeout", "no answer in time", _("is the service busy? It is tried again")),
    Code(
        "bad_certificate",
        "its https certificate is not trusted",
        _("give it one that is, or use `http://` within your own network"),
    ),
    Code(
        "redirected", "the address answers with a redirect", _("give the address that it leads to, with https perhaps")
    ),
    Code("wrong_address", "something else answers there", _("correct the address or port")),
    Code("unauthorized", "the API key is missing or wrong", _("copy it from the service's settings")),
    Code(
        "forbidden",
        "the service, or a proxy before it, does not allow it",
        _("look at its allow lists and at the proxy; in the API: ask for the permission that the message names"),
    ),
    Code("login_refused", "qBittorrent refused user or password", _("correct them; it is not tried again until then")),
    Code(
        "banned",
        "qBittorrent banned this address after failed logins",
        _("correct the password, and wait an hour, or restart qBittorrent and test the connection"),
    ),
    Code("rejected", "the service understood and refused", _("do what its own words in the message say")),
    Code("invalid_query", "Stash does not understand the question", _("update Stash (0.30 or later)")),
    Code("server_error", "the service failed", _("look into its log")),
    Code("busy", "its database is locked, or it has too much to do", "–: tried again"),
    Code(
        "bad_answer",
        "an answer that the service is not known to give",
        _("is it this service, in a known version, at the address?"),
    ),
    Code(
        "not_found", "what was asked for is not there (any more)", _("look whether it was deleted, or start a new job")
    ),
    Code(
        "not_ready",
        "the tagger is still starting, or loads its models",
        "–: tried again; if it stays so, look into its log",
    ),
    Code("unknown_model", "the language model's server has no such model", _("correct {llm_model} in the settings")),
    Code("setup", "Stash was never set up", _("finish its set-up in the browser")),
    Code("needs_migration", "Stash waits for its database to be migrated", _("open Stash and let it migrate")),
    Code("service_at_fault", "what failed can't be the items' fault", _("do what the message says of the service")),
    Code(
        "another_library",
        "Stash is another one than before",
        _("correct its address, or accept it under “Needs you”"),
    ),
    Code(
        "many_missing",
        "too many scenes are missing at once to believe it",
        _("look at Stash's library, then accept it under “Needs you”, if it is true"),
    ),
    Code(
        "missing_in_stash",
        "Stash did not show scenes that it should have",
        _("look at Stash's library, unless they were deleted"),
    ),
)
