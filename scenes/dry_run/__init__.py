"""What a run would do, from today's state, without writing anything but its report.

The decisions are those of a real run, made by the same code. What that code could write to is taken from it:

database   our tables are read through a connection of its own. The tables that the code writes to are copies there, and
           the database itself refuses to write to any other
context    the job: it makes no writing request to any service, and its log and progress go to the job itself
effects    what is done to the disk and to qBittorrent is only noted, and seen from then on as if it were done
downloads, scanning, syncing, analysing, generating
           what is reported of each step
items      the rows of the report

A transaction that is rolled back would not do: it would hold SQLite's only write lock while services are asked, and on
PostgreSQL rows that others wait for; and one side effect on the disk that is forgotten would be real.
"""
