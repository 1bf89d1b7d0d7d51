"""How many small jobs two workers do, beside plain django-q2 and procrastinate in the same run."""
