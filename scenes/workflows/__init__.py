"""The workflow: its steps, what it takes, and what it sums up."""

from scenes.workflows.process_new_scenes import ProcessNewScenes

__all__ = ["ProcessNewScenes"]
