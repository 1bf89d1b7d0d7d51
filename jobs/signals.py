"""What a project may follow of the engine's doings."""

from django.dispatch import Signal

# In the transaction in which they end, for jobs that nobody's step started: ``jobs``, a list, with their final columns,
# without those that somebody cancelled. What a receiver raises is logged and keeps no job from ending; it is called
# again with each of them alone then, if they were several.
runs_ended = Signal()
