"""Failure attribution: whether an item itself failed, or its place, or the service that was asked.

Only an item's own failure costs it an attempt. A disk that is away, a wrong path mapping and a service that hangs look,
item by item, like broken files, and would quarantine a whole library in three runs. The rule, which docs/durability.md
explains:

1. What names the file charges the file, unless it says that the file can't be reached.
2. Otherwise a **place**, a folder under its path mapping, in which nothing ever succeeded, or nothing since it last
   looked away, is in doubt. One success there clears it, and what failed there is then charged.
3. While its place or the service is in doubt an item counts as not attempted. The job ends with an error that says what
   to fix.

Every step asks here, and tells what it saw:

clues       what one failure says by itself: a code of ours, the words of Stash's log or of the tagger's answer
evidence    what follows from all of an attempt's failures and successes: `Evidence`, for Stash in `stash`, for the
            tagger in `tagger` (with `tagger_places`); `language_model` asks once more instead
places      what earlier jobs learnt of a place, in rows of `Place`
disk        what StashHog sees of a place itself: a lost mount, the marker in the library folder; `mounts`
outputs     whether a kind of output is at fault instead of the scenes, in rows of `OutputKind`
"""
