"""Previews, sprites and the like: asking Stash to generate them, and checking that it did."""

from scenes.stash.generation.groups import generate
from scenes.stash.generation.stopping import let_go

__all__ = ["generate", "let_go"]
