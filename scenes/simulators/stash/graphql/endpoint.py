"""`POST /graphql`, from the request's headers to the answer's status."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..web import answers
from ..web.journal import ENTRY, Entry
from .context import Context
from .schema import Operation, Refused, prepare

if TYPE_CHECKING:
    from ..simulator import Simulator


class Endpoint:
    def __init__(self, simulator: Simulator, closing: asyncio.Event):
        self.simulator, self.closing = simulator, closing

    async def post(self, request: web.Request) -> web.StreamResponse:
        """400 for what is no JSON object."""
        if request.content_type != "application/json":
            return _not_accepted(request, "transport not supported")
        try:
            asked = json.loads(await request.read())
        except ValueError as error:
            return _not_accepted(request, f"json request body could not be decoded: {error}")
        if not isinstance(asked, dict):
            return _not_accepted(request, "json request body could not be decoded: not an object")
        return await self.carry_out(request, asked)

    async def carry_out(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        """The answer of the query or mutation in that body; 422 or 400, by the Accept header, for an invalid one."""
        entry: Entry = request[ENTRY]
        entry.variables, entry.query = asked.get("variables") or {}, asked.get("query") or ""
        entry.operation = asked.get("operationName")
        try:
            operation = prepare(entry.query, asked.get("variables"), entry.operation)
        except Refused as refused:
            status = 422 if answers.content_type(request) == answers.JSON else 400
            return answers.json_answer(request, {"errors": refused.errors, "data": None}, status)
        if operation.kind == "subscription":
            return _not_accepted(request, "transport not supported")
        entry.operation, entry.fields = operation.name, operation.field_names
        return await self.answer(request, operation, entry)

    async def answer(self, request: web.Request, operation: Operation, entry: Entry) -> web.StreamResponse:
        """The operation's answer, and what the fault that it meets makes of it."""
        fault = self.simulator.faults.take({*entry.fields, entry.operation or ""}, request.path)
        entry.fault = fault.fault if fault else None
        if fault and fault.is_before:
            return await answers.before(request, fault, self.closing)
        context = Context(self.simulator, origin(request))
        if fault:
            fault.arm(context)
        response = answers.json_answer(request, self.simulator.run(operation, context))
        response.headers["Date"] = self.simulator.clock.http_date()
        if fault and fault.is_after:
            return await answers.after(request, response, fault, self.closing)
        return response


def origin(request: web.Request) -> str:
    """Scheme and host as the client wrote them."""
    return f"{request.scheme}://{request.host}"


def _not_accepted(request: web.Request, message: str) -> web.Response:
    return answers.json_answer(request, {"errors": [{"message": message}], "data": None}, 400)
