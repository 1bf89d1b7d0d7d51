"""Mutations that start and stop jobs. All of them answer at once."""

from __future__ import annotations

from typing import Any

from ..graphql.context import Context
from ..graphql.errors import ResolverError, to_id
from ..jobs.identify import AutoTag, Identify
from ..jobs.plugins import PluginTask
from ..jobs.queue import Running
from ..jobs.scanner import Scan
from ..jobs.tasks import Clean, Generate
from ..library.timestamps import parse_timestamp

Input = dict[str, Any]


def metadata_scan(context: Context, input: Input) -> int:
    simulator = context.simulator
    if text := (input.get("filter") or {}).get("minModTime"):
        try:
            parse_timestamp(text, simulator.clock)
        except ValueError as error:
            raise ResolverError(f"parsing time {text!r}: {error}") from error
    scan = Scan(simulator.state, simulator.settings, simulator.generator, input)

    async def work(running: Running) -> None:
        await scan(running)
        simulator.scan_complete()

    return simulator.jobs.add("Scanning...", work).id


def metadata_generate(context: Context, input: Input) -> int:
    simulator = context.simulator
    work = Generate(simulator.state, simulator.generator, input)
    return simulator.jobs.add("Generating...", work).id


def metadata_clean(context: Context, input: Input) -> int:
    simulator = context.simulator
    clean = Clean(simulator.state, input)

    async def work(running: Running) -> None:
        await clean(running)
        simulator.scan_complete()

    return simulator.jobs.add("Cleaning...", work).id


def metadata_auto_tag(context: Context, input: Input) -> int:
    simulator = context.simulator
    return simulator.jobs.add("Auto-tagging...", AutoTag(simulator.state, simulator.settings, input)).id


def metadata_identify(context: Context, input: Input) -> int:
    simulator = context.simulator
    return simulator.jobs.add("Identifying...", Identify(simulator.state, simulator.settings, input)).id


def run_plugin_task(
    context: Context,
    plugin_id: str,
    task_name: str | None = None,
    description: str | None = None,
    args: list[Input] | None = None,
    args_map: dict[str, Any] | None = None,
) -> int:
    """Answers the id of a job for an unknown plugin, too."""
    simulator = context.simulator
    work = PluginTask(simulator.settings, plugin_id, task_name or "", args_map or {})
    return simulator.jobs.add(f"Running plugin task: {description or task_name or plugin_id}", work).id


def stop_job(context: Context, job_id: str) -> bool:
    """True whatever happens, for a job that is not known too."""
    context.simulator.jobs.stop(to_id(job_id))
    return True


def stop_all_jobs(context: Context) -> bool:
    context.simulator.jobs.stop_all()
    return True
