"""The task of those that need a function alone."""

import time


def small(begun: float) -> float:
    """The seconds that it waited."""
    return time.time() - begun
