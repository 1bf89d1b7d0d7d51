"""`make demo`: StashHog itself, on simulated services and real generated videos.

Nothing in the product knows of it: it differs from a real installation by the addresses of three services.
"""
