"""An OpenAI-compatible language model that is not one: it says what a test tells it to know.

    with running_llm() as llm:
        llm.url, llm.knows("JaneDoe", performers=["Jane Doe"]); llm.mood = "partial"

Answers and errors have the form of OpenAI's chat completions; its moods are what models and their servers really do.
"""

from scenes.simulators.llm.simulator import Llm, running_llm

__all__ = ["Llm", "running_llm"]
