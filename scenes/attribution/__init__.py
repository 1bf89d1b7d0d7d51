"""Failure attribution: whether an item itself failed, or its place, or the service that was asked.

Only an item's own failure costs it an attempt. A disk that is away, a wrong path mapping and a service that hangs look,
item by item, like broken files, and would quarantine a whole library in three runs. So a failure is attributed by
evidence, in this order:

1. The **service** is at fault when a failure says what no single item can cause (a full disk of Stash), or when items
   fail in one of the service's own ways (a timeout, a connection that breaks off, an answer that makes no sense) and
   none succeeds.
2. The **item** is at fault when another one of the same place succeeded in the same job.
3. The **place** (a disk, a library folder, a path mapping) is at fault when none of its items succeeded, and they are
   too many to be all bad, or their reasons speak of the place. Fewer, with reasons of their own, are at fault
   themselves.
4. While none of these is certain nothing is written: the item counts as not attempted. At the end of a job, what is
   attributed to a place or to the service ends it with an error that says what to fix.

`evidence.Evidence` holds that, once for each attempt of a job. Its subclasses know what a place is for their service,
and which numbers and words count: `stash` (scan and generation) and `tagger` (analysis).

Where StashHog sees the disk itself (placing of downloads), it looks instead of collecting evidence: `disk`.
"""
