"""The routes below /api/first-run."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes.first_run.deciding import SCENES, FirstRunAnswers, decide
from scenes.permissions import DECIDE_FIRST_RUN, VIEW_FIRST_RUN

router = Router(tags=["first run"])


class DecisionBody(Schema):
    torrents: str = Field("", description="take or handled; empty: left open")
    library: str = Field("", description="analysed or analyse; empty: left open")
    scenes: Annotated[int, Field(strict=True)] | None = Field(
        None,
        description=f"With analyse: most scenes that were there before which one run analyses; {SCENES} unless given",
    )

    model_config = {"extra": "forbid"}


class QuestionState(Schema):
    answer: str | None = Field(
        description="take, handled, analysed, analyse, nothing_there, ran_before; null: nobody decided"
    )
    scenes: int | None = Field(description="Of the answer analyse: most of them that one run analyses; null: all")
    count: int | None = Field(description="How many there are to decide on; null: decided, or unknown")
    problem: str = Field(description="Why the number is unknown; else empty")


class FirstRunState(Schema):
    undecided: bool = Field(description="Whether a run would end with the question")
    torrents: QuestionState
    library: QuestionState


class FirstRunDecided(FirstRunState):
    left_to_the_next_run: list[str] = Field(description="What could not be recorded now, since a service is away")


@router.get(
    "",
    auth=acting(VIEW_FIRST_RUN),
    response={200: FirstRunState, **error_bodies(401, 403)},
    summary="Whether a first run is decided",
)
def state(request: HttpRequest) -> dict[str, Any]:
    """What was decided on what is there already, or how much that is; the services are asked for 10 s at most each."""
    from scenes.first_run.looking import look  # it takes the clients of services, and most never ask

    return look()


@router.post(
    "",
    auth=acting(DECIDE_FIRST_RUN),
    response={200: FirstRunDecided, **error_bodies(400, 401, 403, 409, 413)},
    summary="Decide on what was there before the first run",
)
def answer(request: HttpRequest, body: DecisionBody) -> dict[str, Any]:
    """The first answer counts: another one later is answered 409. Then start a run, or retry the one that failed."""
    from scenes.first_run.looking import look, record

    decide(FirstRunAnswers(body.torrents, body.library, body.scenes), "api", request.user)  # type: ignore[arg-type]
    return {"left_to_the_next_run": record(), **look()}
