"""Previews, sprites and the like: asking Stash to generate them, and checking that it did."""

from scenes.stash.generation.groups import generate

__all__ = ["generate"]
