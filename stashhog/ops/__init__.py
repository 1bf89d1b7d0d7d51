"""What operates an installation: starting it, its backups, its upgrades."""
