"""What the operating system says of a file or a mount, as texts that are shown in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable, storable

# Of files, folders, mounts and connections; of others the English text is shown.
KNOWN = (
    _("No such file or directory"), _("Permission denied"), _("Operation not permitted"), _("Not a directory"),
    _("Is a directory"), _("File exists"), _("Input/output error"), _("No space left on device"),
    _("Disk quota exceeded"), _("Read-only file system"), _("Stale file handle"), _("File name too long"),
    _("Transport endpoint is not connected"), _("Host is down"), _("No route to host"), _("Connection timed out"),
    _("No such device"), _("No such device or address"), _("Device or resource busy"), _("Too many open files"),
    _("Too many levels of symbolic links"), _("Invalid cross-device link"), _("Invalid argument"),
    _("Directory not empty"), _("Too many links"), _("Operation not supported"), _("Structure needs cleaning"),
    _("Connection refused"), _("Connection reset by peer"), _("Network is unreachable"), _("Name or service not known"),
    _("Temporary failure in name resolution"), _("No address associated with hostname"),
)  # fmt: skip


def text_of_error(error: Exception) -> Translatable:
    """Without the names of files, if it is an OSError of the system."""
    return Translatable(storable(getattr(error, "strerror", None) or str(error)))
