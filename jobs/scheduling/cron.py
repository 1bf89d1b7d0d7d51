"""The times of a cron expression in a time zone, right on the days on which its clock is changed.

croniter counts on the clock on the wall, as a person reads the expression; what that clock shows is made a moment here:
a time that a day does not have is the moment at which the clock was set forward, and one that it has twice is the first
of the two. An expression for each hour (``*``, ``*/2``) goes by hours that pass, so it has both.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import CroniterBadCronError, croniter

from jobs.errors import BadRequest
from jobs.scheduling.zones import moments, zone_named
from jobs.texts.translatable import Translatable as _

FIELDS = 5
MAX_LENGTH = 100  # characters
LONGEST_CHANGE = timedelta(hours=3)  # by which a clock is set back
LONGEST_GAP = 9  # years between two 29ths of February, at most


@dataclass(frozen=True)
class Cron:
    """``Cron("30 3 * * *", "Europe/Berlin")``. Raises BadRequest for what is none, or never comes."""

    expression: str
    time_zone: str

    def __post_init__(self) -> None:
        if len(self.expression.split()) != FIELDS or len(self.expression) > MAX_LENGTH:
            raise BadRequest(
                _(
                    "The cron expression must have five parts: minute, hour, day of the month, month and day of the "
                    "week, such as 30 3 * * * for half past three each day."
                )
            )
        # croniter would draw lots each time it is asked: no time that was shown would come.
        if any(part[:1] in "RrHh" for field in self.expression.split() for part in field.split(",")):
            raise BadRequest(
                _("The cron expression must give times, none by chance (R, H): say which minute and hour.")
            )
        try:
            first = next(self.after(datetime.now(UTC)), None)
        except CroniterBadCronError as error:
            raise BadRequest(_("The cron expression can't be read: {error}", error=error)) from None
        if first is None:
            raise BadRequest(_("There is no day of {cron!r}, so it would never come.", cron=self.expression))

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone_named(self.time_zone)

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Its times after this one, in UTC, each once."""
        last = moment
        ahead: list[datetime] = []
        is_by_the_hour = self.expression.split()[1].startswith("*")
        # What the clock shows at its times, from a little before the clock is set back, if that is soon.
        begin = moment.astimezone(self.zone)
        later = (moment + LONGEST_CHANGE).astimezone(self.zone)
        is_set_back = (later.utcoffset() or timedelta()) < (begin.utcoffset() or timedelta())
        wall = begin.replace(tzinfo=None, fold=0) - (LONGEST_CHANGE if is_set_back else timedelta())
        walls = croniter(self.expression, wall, ret_type=datetime, max_years_between_matches=LONGEST_GAP)
        for wall in walls.all_next():
            both = moments(wall, self.zone)
            for at in both if is_by_the_hour else both[:1]:
                heapq.heappush(ahead, at)
            # No later reading of the clock is an earlier moment than the first one of this.
            while ahead and ahead[0] <= both[0]:
                at = heapq.heappop(ahead)
                if at > last:
                    last = at
                    yield at

    def upcoming(self, count: int, moment: datetime) -> list[datetime]:
        """The first ``count`` times after this one, in its zone."""
        return [at.astimezone(self.zone) for at in islice(self.after(moment), count)]
