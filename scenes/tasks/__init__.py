"""The sub-jobs: each module registers one task, which stays thin: client → domain function → progress.

Whatever starts or shows jobs loads these declarations, and only a worker does the work. So what does it, and takes
long to import (clients, GraphQL, PyAV), is imported where it runs; `scenes.worker_imports` has it loaded before workers
are forked.
"""

from scenes.tasks import (
    analysis,
    apply_plan,
    apply_rules,
    dry_run,
    process_downloads,
    revert_plan,
    stash_generate,
    stash_scan,
    stash_tasks,
    sync,
)

__all__ = [
    "analysis",
    "apply_plan",
    "apply_rules",
    "dry_run",
    "process_downloads",
    "revert_plan",
    "stash_generate",
    "stash_scan",
    "stash_tasks",
    "sync",
]
