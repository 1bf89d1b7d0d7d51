"""Sending one text by apprise: only through known services of the network, in bounded time, and without a word of the
address in a log or an error.

Why something was not sent, and whether it may have arrived all the same, is told by what apprise says (`apprise_log`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of
from jobs.waiting import TimeLimitExceeded, Waiter
from stashhog.ops.notifications.apprise_log import captured_log

if TYPE_CHECKING:  # a second's work, of which most processes need nothing
    from apprise import AppriseAsset, NotifyBase

LONGEST = 20.0  # seconds for one message, whatever happens
PLUGIN_LIMIT = 15.0  # seconds, likewise, by apprise itself
ANSWER_LIMIT = 12.0  # seconds for an answer once it was asked: whoever hangs up earlier does not know what became of it
MAX_ADDRESS = 2000  # characters

# Modules of apprise's plugins, and the schemas of each. Those that are not here run programs, write to this machine's
# log or desktop, or read keys from its files; nothing else of apprise's plugins is ever loaded.
PLUGINS = {
    "apprise_api": "apprise apprises",
    "bark": "bark barks",
    "custom_form": "form forms",
    "custom_json": "json jsons",
    "custom_xml": "xml xmls",
    "discord": "discord",
    "email": "mailto mailtos",
    "google_chat": "gchat",
    "gotify": "gotify gotifys",
    "home_assistant": "hassio hassios",
    "ifttt": "ifttt",
    "join": "join",
    "lametric": "lametric lametrics",
    "mailgun": "mailgun",
    "mastodon": "mastodon mastodons toot toots",
    "matrix": "matrix matrixs",
    "mattermost": "mmost mmosts",
    "nextcloud": "ncloud nclouds",
    "nextcloudtalk": "nctalk nctalks",
    "ntfy": "ntfy ntfys",
    "one_signal": "onesignal",
    "opsgenie": "opsgenie",
    "pagerduty": "pagerduty",
    "prowl": "prowl",
    "pushbullet": "pbul",
    "pushdeer": "pushdeer pushdeers",
    "pushover": "pover",
    "pushsafer": "psafer psafers",
    "pushy": "pushy",
    "rocketchat": "rocket rockets",
    "sendgrid": "sendgrid",
    "serverchan": "schan",
    "signal_api": "signal signals",
    "simplepush": "spush simplepush",
    "slack": "slack",
    "synology": "synology synologys",
    "techuluspush": "push",
    "telegram": "tgram",
    "threema": "threema",
    "twilio": "twilio",
    "webexteams": "wxteams webex",
    "workflows": "workflow workflows",
    "zulip": "zulip",
}
MODULES = {schema: module for module, schemas in PLUGINS.items() for schema in schemas.split()}
# Options of addresses that would read a file of this machine, keep one, or have a message sent more than once.
REFUSED = {"template", "keyfile", "subfile", "pgp", "pgpkey", "include", "storage", "retry", "wait", "redirect"}
# What a plugin may raise on an odd address or answer. Its text may quote the address, so it is dropped.
USUAL = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


class NotSent(Exception):
    """{message}: why, in a sentence that has nothing of the address."""


class MayBeSent(NotSent):
    """{message}: likewise; whether it arrived is not known, so it must not be sent a second time."""

    def __init__(self, message: str):
        super().__init__(joined(" ", [message, _("So nobody knows whether it arrived.")]))


def service_of(address: str) -> str:
    """The name of the service that an address is of. Raises BadRequest, which quotes nothing of it."""
    return str(plugin_of(address).service_name)


def plugin_of(address: str) -> NotifyBase:
    """What sends to this address. Raises BadRequest."""
    if len(address) > MAX_ADDRESS or not address.isprintable():
        raise BadRequest(_("Give an address of one line, of at most {most:,} characters.", most=MAX_ADDRESS))
    schema = address.partition("://")[0].lower() if "://" in address else ""
    if schema not in MODULES:
        known = ", ".join(sorted(MODULES))
        raise BadRequest(_("Give an address of apprise that begins with one of these and ://: {known}.", known=known))
    check_options(address)
    text = _("This is no address that apprise can use for {schema}://. Its documentation has examples.", schema=schema)
    wrong = BadRequest(text)
    try:
        plugin_class = class_for(MODULES[schema], schema)
        parsed = plugin_class.parse_url(address)
        if not parsed:
            raise wrong
        plugin: NotifyBase = plugin_class(**parsed | {"asset": asset(), "tag": set()})
        return plugin
    except odd():
        raise wrong from None


def odd() -> tuple[type[Exception], ...]:
    """What is taken for an address or an answer that apprise can't make anything of."""
    from apprise.exception import AppriseException

    return (*USUAL, AppriseException)


def check_options(address: str) -> None:
    """Raises BadRequest for one of REFUSED."""
    try:
        query = urlsplit(address).query or address.partition("?")[2]
    except ValueError:
        query = address.partition("?")[2]
    given = {name.strip().lower().lstrip("+-:") for name, value in parse_qsl(query, keep_blank_values=True)}
    if refused := sorted(given & REFUSED):
        raise BadRequest(_("The option {name} of an address is not allowed here.", name=refused[0]))


def class_for(module: str, schema: str) -> Any:
    """The class of the plugin, out of its module alone."""
    from apprise import NotifyBase

    found = vars(import_module(f"apprise.plugins.{module}")).values()
    classes = [plugin for plugin in found if isinstance(plugin, type) and issubclass(plugin, NotifyBase)]
    return next(plugin for plugin in classes if schema in schemas_of(plugin))


def schemas_of(plugin_class: Any) -> set[str]:
    given = (plugin_class.protocol, plugin_class.secure_protocol)
    return {name for scheme in given if scheme for name in ([scheme] if isinstance(scheme, str) else scheme)}


def asset() -> AppriseAsset:
    """How apprise behaves here: it keeps and loads no files, links to no foreign pictures, and follows no redirect."""
    from apprise import AppriseAsset
    from apprise.common import PersistentStoreMode

    return AppriseAsset(
        app_id="StashHog",
        app_desc="StashHog",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        plugin_paths=[],
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        default_service_retry=0,
        service_timeout=PLUGIN_LIMIT,
    )


def send(address: str, title: str, text: str, waiter: Waiter | None = None) -> None:
    """Within LONGEST; outside of transactions. Raises NotSent, MayBeSent."""
    try:
        plugin = plugin_of(address)
    except BadRequest as error:
        raise NotSent(message_of(error)) from None
    plugin.socket_read_timeout = ANSWER_LIMIT
    with captured_log() as output:
        try:
            was_sent = (waiter or Waiter()).write(lambda: plugin.notify(body=text, title=title), LONGEST)
        except TimeLimitExceeded:
            text = _("{service} did not answer within {seconds:g} s.", service=plugin.service_name, seconds=LONGEST)
            raise MayBeSent(text) from None
        except odd() as error:
            name = type(error).__name__
            raise MayBeSent(
                _("{service} gave an odd answer ({name}).", service=plugin.service_name, name=name)
            ) from None
    if not was_sent:
        kind = MayBeSent if output.may_have_arrived else NotSent
        raise kind(joined(": ", [str(plugin.service_name), output.reason]))
