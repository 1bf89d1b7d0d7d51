"""The only place that changes the status of a job.

A status changes by a conditional UPDATE that names the status and the claim its writer saw; whoever was slower
changes nothing. Locks are taken in one order, the run's row first, then the job's. Doorbells ring after commit.
"""

from jobs.engine.advancing import advance
from jobs.engine.backoff import fail_or_retry, give_back
from jobs.engine.cancelling import cancel, let_go
from jobs.engine.claiming import claim_next, due
from jobs.engine.finishing import finish
from jobs.engine.recovering import doubt_leases, let_go_of_lost, lost_and_cancelled, recover, worker_alive
from jobs.engine.rerun import retry
from jobs.engine.starting import start

__all__ = [
    "advance",
    "cancel",
    "claim_next",
    "doubt_leases",
    "due",
    "fail_or_retry",
    "finish",
    "give_back",
    "let_go",
    "let_go_of_lost",
    "lost_and_cancelled",
    "recover",
    "retry",
    "start",
    "worker_alive",
]
