"""The page of what needs a person: all of it, by cause, each with one sentence and one fix."""
