"""Who may ask: sessions, failed logins, and the ban after too many of them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_FAILURES = 5
BAN = 3600.0  # seconds
BANNED = "Your IP address has been banned after too many failed authentication attempts."


@dataclass
class LoginFailures:
    """What is held against one client address. The failures are never forgotten by time alone."""

    failures: int = 0
    banned_until: float | None = None


@dataclass
class Login:
    """`clock` gives seconds that only ever grow."""

    username: str
    password: str
    clock: Callable[[], float]
    api_key: str = ""
    host_names: list[str] = field(default_factory=lambda: ["*"])
    session_seconds: float = 3600.0  # without a request; 0: for ever
    sessions: dict[str, float] = field(default_factory=dict)  # when each was used last
    addresses: dict[str, LoginFailures] = field(default_factory=dict)

    def is_banned(self, address: str) -> bool:
        held = self.addresses.get(address)
        if held is None or held.banned_until is None:
            return False
        if self.clock() < held.banned_until:
            return True
        del self.addresses[address]
        return False

    def knows(self, session: str) -> bool:
        """Whether the session is one that has not ended; it goes on from now."""
        if session not in self.sessions:
            return False
        if 0 < self.session_seconds < self.clock() - self.sessions[session]:
            del self.sessions[session]
            return False
        self.sessions[session] = self.clock()
        return True

    def attempt(self, address: str, username: str, password: str) -> str | None:
        """A new session's id, or None if the name or the password is wrong."""
        if (username, password) == (self.username, self.password):
            self.addresses.pop(address, None)
            session = secrets.token_urlsafe(24)
            self.sessions[session] = self.clock()
            return session
        self.fail(address)
        return None

    def fail(self, address: str) -> None:
        """One more failure; each from the fifth on begins the ban, also while there is one."""
        held = self.addresses.setdefault(address, LoginFailures())
        held.failures += 1
        if held.failures >= MAX_FAILURES:
            held.banned_until = self.clock() + BAN

    def forget(self) -> None:
        """What a restart does: sessions, failures and bans are gone."""
        self.sessions.clear()
        self.addresses.clear()
