"""The sub-jobs: each module registers one task, which stays thin: client → domain function → progress."""

from scenes.tasks import analysis, apply_plan, sync  # noqa: F401
