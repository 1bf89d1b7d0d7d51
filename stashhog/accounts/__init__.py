"""People: which roles there are, users in the admin, and the login."""
