"""Numbers as Go's ``%g`` writes them: ``8`` and not ``8.0``, ``1.3e+07`` and not ``13000000.0``."""

from __future__ import annotations

import re
from decimal import Decimal

MARK = "\x00g"
MARKED = re.compile(rb'"\\u0000g([^"]*)"')


def go_float(number: float | None) -> float | int | str | None:
    """What ``json`` writes in Go's way, or a marked text that ``unmark`` turns into a bare number."""
    if number is None:
        return None
    whole = int(number)
    if whole == number and -1_000_000 < whole < 1_000_000:
        return whole
    if 1e-4 <= abs(number) < 1_000_000:
        return number
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) - 1 + int(exponent)
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{MARK}{'-' if sign else ''}{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"


def unmark(body: bytes) -> bytes:
    return MARKED.sub(rb"\1", body) if b"\\u0000g" in body else body
