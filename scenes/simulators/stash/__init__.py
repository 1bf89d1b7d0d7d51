"""A Stash server to develop and test against: real HTTP, real files, and the oddities of the real one."""

from .running import RunningStash, running_stash

__all__ = ["RunningStash", "running_stash"]
