"""Workflows of jobs on django-q2: rows are the truth, messages only wake workers up. Knows nothing of Stash."""


def start(type, params=None, *, source="code", user=None):
    """Start a job: the one function that every entry point calls. See `jobs.engine.start`."""
    from jobs import engine

    return engine.start(type, params, source=source, user=user)
