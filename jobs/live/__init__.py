"""Live updates: the database's commits → WebSockets."""
