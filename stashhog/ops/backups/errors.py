"""What goes wrong with backups."""

from __future__ import annotations


class BackupError(Exception):
    """{message}: a sentence a person can act on. A file that was being written is gone again."""


class DamagedDatabaseError(BackupError):
    """Nothing more is to be written to it but to those who want to hear of it."""
