"""Commands, and which system checks they run.

All of them load URLs, admin and forms, so only what is about to show pages, or is asked to check, runs all: `check`,
`migrate`, `prepare` and `web`. The other commands run those of the settings, which are tagged with SETTINGS.
"""

SETTINGS = "settings"
