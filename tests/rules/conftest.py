"""The services of the tests of scenes."""

from tests.scenes.conftest import stash, tagger  # noqa: F401
