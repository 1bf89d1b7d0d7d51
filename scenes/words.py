"""Words that pages make of keys, so that their translations can be found: types of jobs, steps, figures of results."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

TYPES = (
    _("Process new scenes"), _("Process downloads"), _("Stash scan"), _("Sync"), _("Analysis"), _("Apply plan"),
    _("Revert plan"), _("Stash generate"), _("Stash identify"), _("Stash auto tag"), _("Stash plugin"), _("Dry run"),
    _("Apply rules"),
)  # fmt: skip
STEPS = (
    _("Stash metadata scan"), _("Incremental sync"), _("Analyse scenes"), _("Generate metadata"), _("Completion"),
)  # fmt: skip
FIGURES = (
    _("Synced items"), _("Scenes analyzed"), _("Changes approved"), _("Changes applied"), _("Errors"),
    _("Changes failed"), _("Changes left alone"), _("Changes proposed"), _("Changes reverted"), _("Changes waiting"),
    _("Copied"), _("Linked"), _("Moved"), _("Deleted scenes"), _("Found files"), _("Missing scenes"), _("New scenes"),
    _("Scanned files"), _("Scenes tried"), _("Synced files"), _("Synced scenes"), _("Updated scenes"), _("Left out"),
)  # fmt: skip
# Names of parameters, where their declarations give no title.
PARAMETERS = (
    _("Auto approve"), _("Batch size"), _("Change ids"), _("Detect details"), _("Detect media tags"),
    _("Detect names by llm"), _("Detect performers"), _("Detect studios"), _("Detect tags"), _("Detect video tags"),
    _("Detectors"), _("Force"), _("Max attempts"), _("Max parallel batches"), _("Max scenes"), _("Outdated"),
    _("Outdated scenes"), _("Plan id"), _("Rest"), _("Retry delay"), _("Scene id"), _("Scene ids"), _("Step"), _("Tag"),
)  # fmt: skip
# What a thing is called whose row is gone.
OWNERS = (_("Download"), _("File"), _("Scene"), _("Stash task"))
# With a number before them (`jobs.words.counted`).
NOUNS = (
    ngettext_lazy("scene", "scenes"), ngettext_lazy("change", "changes"), ngettext_lazy("thing", "things"),
    ngettext_lazy("question", "questions"), ngettext_lazy("item", "items"), ngettext_lazy("file", "files"),
    ngettext_lazy("job", "jobs"), ngettext_lazy("torrent", "torrents"), ngettext_lazy("folder", "folders"),
    ngettext_lazy("finished torrent", "finished torrents"), ngettext_lazy("new scene", "new scenes"),
    ngettext_lazy("failure", "failures"), ngettext_lazy("error", "errors"), ngettext_lazy("download", "downloads"),
    ngettext_lazy("schedule", "schedules"), ngettext_lazy("channel", "channels"), ngettext_lazy("token", "tokens"),
    ngettext_lazy("rule", "rules"), ngettext_lazy("user", "users"),
    ngettext_lazy("destination beside the library folder", "destinations beside the library folder"),
)  # fmt: skip
