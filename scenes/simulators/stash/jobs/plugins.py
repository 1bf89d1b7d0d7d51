"""`runPluginTask`: what a plugin makes of its arguments is its own affair; what went wrong is in the log only."""

from __future__ import annotations

import asyncio
from typing import Any

from ..settings import Settings
from .queue import Running

TICK = 0.02  # seconds between two looks at whether it was stopped


class PluginTask:
    def __init__(self, settings: Settings, plugin_id: str, task: str, arguments: dict[str, Any]):
        self.settings, self.plugin_id, self.task, self.arguments = settings, plugin_id, task, arguments

    async def __call__(self, running: Running) -> None:
        """Ends FINISHED whatever happens; a plugin or task that is not known ends at once."""
        plugin = next((known for known in self.settings.plugins if known.id == self.plugin_id), None)
        if plugin is None:
            running.log.error(f"Error creating plugin task: no plugin with ID {self.plugin_id}")
            return
        if self.task not in plugin.tasks:
            running.log.error(f"Error creating plugin task: no task with name {self.task} in plugin {plugin.name}")
            return
        ends = asyncio.get_running_loop().time() + plugin.seconds
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(TICK)
            running.end_if_stopped()
        if error := plugin.run(self.task, self.arguments):
            running.log.error(f"Plugin returned error: {error}")
