"""The sub-jobs: each module registers one task, which stays thin: client → domain function → progress."""

from scenes.tasks import analysis, apply_plan, process_downloads, stash_generate, stash_scan, sync

__all__ = ["analysis", "apply_plan", "process_downloads", "stash_generate", "stash_scan", "sync"]
