"""Examines an installation: what is well, what is not, and what to do about it. Nothing is changed."""

from stashhog.ops.doctor.examining import Examination, examine
from stashhog.ops.doctor.findings import Finding, Level

__all__ = ["Examination", "Finding", "Level", "examine"]
