"""Previews, sprites and the like: asking Stash to generate them, and checking that it did."""

from scenes.stash.generation.groups import generate
from scenes.stash.generation.stopping import on_cancel

__all__ = ["generate", "on_cancel"]
