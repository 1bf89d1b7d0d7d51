"""Backups of the whole database into one file, and the way back; SQLite and PostgreSQL.

The secret key and the settings are not in it: docs/operations.md says what else to keep.
"""

from stashhog.ops.backups.errors import BackupError
from stashhog.ops.backups.restoring import finish, restore
from stashhog.ops.backups.taking import backup, backup_unless_there

__all__ = ["BackupError", "backup", "backup_unless_there", "finish", "restore"]
