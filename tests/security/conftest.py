from __future__ import annotations

from tests.web.conftest import no_lasting_connections

__all__ = ["no_lasting_connections"]
