"""Tells people what happened, through channels that they chose: rows first (`outbox`), sent later (`delivering`)."""
