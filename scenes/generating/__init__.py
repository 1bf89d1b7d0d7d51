"""Previews, sprites and the like: asking Stash to generate them, and looking whether they are there."""

from scenes.generating.groups import run
from scenes.generating.stopping import let_go

__all__ = ["let_go", "run"]
