"""The settings: declared once (`definition`), given by the environment, the database or a default (`effective`).

`current()` is the one way in for whoever needs them; `saving` changes them.
"""

from scenes.configuration.definition import DECLARED, GROUPS, Configuration, named_choice, named_setting, read
from scenes.configuration.effective import Effective, Source, current, forget, from_environment, state
from scenes.configuration.services import SERVICES

__all__ = [
    "DECLARED",
    "GROUPS",
    "SERVICES",
    "Configuration",
    "Effective",
    "Source",
    "current",
    "forget",
    "from_environment",
    "named_choice",
    "named_setting",
    "read",
    "state",
]
