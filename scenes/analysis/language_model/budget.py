"""What a question may cost and did cost, and the limit of a month.

A question is written down, at the most that it may cost, before it is put: so jobs beside each other never pass the
limit together, and a crash between question and answer forgets no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from scenes.clients.base import ServiceError
from scenes.clients.llm.answers import TokenUsage
from scenes.clients.llm.client import INSTRUCTIONS, MAX_TOKENS, Texts
from scenes.configuration import Configuration, named_setting
from scenes.models import LanguageModelQuestion, Scene

PER = Decimal(1_000_000)  # tokens that a price is for
# Codes of errors after which an answer may have been made, and so cost something, although we have none.
MAY_HAVE_COST = ("timeout", "broken_off", "bad_answer", "server_error")


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, told and answered; and the most that a month may cost. Zeros: nothing is limited."""

    prompt: Decimal
    completion: Decimal
    monthly_limit: Decimal

    @classmethod
    def of(cls, config: Configuration) -> Prices:
        prices = (config.llm_prompt_price, config.llm_completion_price, config.llm_monthly_limit)
        return cls(*(Decimal(str(price)) for price in prices))

    def cost(self, spent: TokenUsage) -> Decimal:
        return (self.prompt * spent.prompt_tokens + self.completion * spent.completion_tokens) / PER

    def most(self, texts: Texts) -> Decimal:
        """What a question about these texts comes to at most: no token is shorter than a byte."""
        prompt_size = sum(len(text.encode()) for text in (INSTRUCTIONS, *vars(texts).values()))
        return self.cost(TokenUsage(2 * prompt_size, MAX_TOKENS))  # JSON writes a character in two where it must


class LimitReached(Exception):
    """This month's limit of {limit} for the language model is reached."""

    def __init__(self, limit: Decimal):
        text = _(
            "The language model's limit of {limit:,.2f} a month is reached ({month}), so it is not asked. The names "
            "that plain matching finds are proposed all the same; raise {setting} in the settings "
            "to go on.",
            setting=named_setting("llm_monthly_limit"),
            limit=float(limit),
            month=f"{timezone.localtime():%m/%Y}",
        )
        super().__init__(text)


def begin(job: JobContext, scene: Scene, model: str, prices: Prices, texts: Texts) -> LanguageModelQuestion:
    """Write that the question is about to be put. Raises LimitReached."""
    most = prices.most(texts)
    with job.transaction():
        question = LanguageModelQuestion.objects.create(scene=scene, job=job.job, model=model, cost=most)
    # Only now do two jobs at once see each other's question on every database; both may give way, never none.
    if most and LanguageModelQuestion.objects.of_this_month().cost() > prices.monthly_limit:
        with job.transaction(recording=True):
            question.delete()
        raise LimitReached(prices.monthly_limit)
    return question


def end(job: JobContext, question: LanguageModelQuestion, prices: Prices, spent: TokenUsage, problem: str) -> None:
    """Write what it took. A server that does not count its tokens leaves the most that it may have cost."""
    is_counted = spent.prompt_tokens > 0
    with job.transaction(recording=True):
        LanguageModelQuestion.objects.filter(pk=question.pk).update(
            answered_at=timezone.now(),
            prompt_tokens=spent.prompt_tokens if is_counted else None,
            completion_tokens=spent.completion_tokens if is_counted else None,
            cost=prices.cost(spent) if is_counted else question.cost,
            problem=problem,
        )


def fail(job: JobContext, question: LanguageModelQuestion, error: ServiceError) -> None:
    """Write that no answer came; what it may have cost all the same stays counted."""
    cost = question.cost if error.code in MAY_HAVE_COST else Decimal(0)
    with job.transaction(recording=True):
        LanguageModelQuestion.objects.filter(pk=question.pk).update(cost=cost, problem=error.message)


def why_not(config: Configuration) -> str:
    """Why nothing can be asked now; "" when a question can be put."""
    if not (config.llm_url and config.llm_model):
        return _("No language model set")
    least = Prices.of(config).most(Texts("", "", ""))
    if least and LanguageModelQuestion.objects.of_this_month().cost() + least > Decimal(str(config.llm_monthly_limit)):
        return _("The language model's limit of this month is reached")
    return ""
