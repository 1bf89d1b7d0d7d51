"""Migrations of an upgrade that never gets further than half-way."""
