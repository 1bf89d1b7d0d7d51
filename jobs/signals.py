"""What a project may follow of the engine's doings."""

from django.dispatch import Signal

# In the transaction in which it ends, for a job that nobody's step started: ``job``, with its final columns, but not
# when somebody cancelled it. What a receiver raises is logged and keeps no job from ending.
run_ended = Signal()
