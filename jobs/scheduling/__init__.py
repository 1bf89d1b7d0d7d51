"""What starts jobs by itself, or keeps them from being begun: schedules, requests, triggers, quiet hours, the pause."""
