"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the numbers that OWASP gives for one thread.

    As hard to guess as the million rounds of PBKDF2 that are Django's default, since each guess takes memory. To check
    one takes a tenth of the time, so that many wrong logins are no load, and none of the 100 MB that are Django's
    numbers for Argon2.
    """

    time_cost = 2  # passes
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
