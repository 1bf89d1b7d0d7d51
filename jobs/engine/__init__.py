"""The only place that changes the status of a job.

A status changes by a conditional UPDATE on the status and the claim that its writer read; of two writers the slower
one changes nothing. Locks are taken in one order, the run's row first, then the job's. Wake-ups are sent after commit.
"""

from jobs.engine.advancing import advance
from jobs.engine.backoff import fail_or_retry, requeue
from jobs.engine.cancelling import cancel, clean_up
from jobs.engine.claiming import claim_next, due, first_due
from jobs.engine.finishing import finish
from jobs.engine.holding import ignore_quiet_hours
from jobs.engine.prefetching import (
    Ended,
    may_begin,
    prefetch,
    record,
    record_and_claim,
    record_each,
    release_prefetched,
)
from jobs.engine.recovering import (
    clean_up_orphaned,
    orphaned_and_cancelled,
    pause_lease_expiry,
    recover,
    wake_for_due,
    watch_leases,
    worker_alive,
)
from jobs.engine.reporting import report_of
from jobs.engine.rerun import retry
from jobs.engine.starting import start

__all__ = [
    "Ended",
    "advance",
    "cancel",
    "claim_next",
    "clean_up",
    "clean_up_orphaned",
    "due",
    "fail_or_retry",
    "finish",
    "first_due",
    "ignore_quiet_hours",
    "may_begin",
    "orphaned_and_cancelled",
    "pause_lease_expiry",
    "prefetch",
    "record",
    "record_and_claim",
    "record_each",
    "recover",
    "release_prefetched",
    "report_of",
    "requeue",
    "retry",
    "start",
    "wake_for_due",
    "watch_leases",
    "worker_alive",
]
