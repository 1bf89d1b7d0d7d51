"""A video tagger that is not one: it opens the file for real, looks at its frames, and names what it makes up.

    with running_tagger() as tagger:
        tagger.url, tagger.answers = "older"; tagger.refuse("Broken", "a bug in a model")
        tagger.see(path, {"scenery": {"Mountains": [(0.0, 4.0, 0.9)]}})

As a process: `python -m scenes.simulators.tagger --port 0`.
Answers and errors as nsfw_ai_model_server gives them, read in its source (lib/server/routes.py).
"""

from scenes.simulators.tagger.simulator import Tagger, running_tagger

__all__ = ["Tagger", "running_tagger"]
