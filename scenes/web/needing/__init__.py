"""The page of what needs a person: all of it, by need, each with one sentence and one fix."""
