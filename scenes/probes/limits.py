"""How long a connection test may take."""

from scenes.clients.base import Limits

LONGEST = 10.0  # seconds for one service or path, whatever happens
LIMITS = Limits(connect=3.0, read=6.0, total=7.0)
