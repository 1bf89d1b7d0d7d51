"""Connection tests: what a service says of itself and of our settings, and where a path leads. Nothing is changed."""
