"""How good a plan is proven to be, in words."""

from app.i18n import Language, number, say
from app.words.figures import Json, value

PROVEN = 1e-6  # a smaller gap is rounding


def proof_lines(plan: Json, language: Language) -> list[str]:
    """How far the plan can be from the best one, what sites chosen by hand cost, if the proof was checked."""
    price = value(plan.get("required_price_minutes"))
    lines = [proof_line(plan, language)]
    if price is not None:
        told = say("study.required_price", language, minutes=number(price, language, digits=2))
        lines = [told] if _proven(plan) else [*lines, told]
    if plan.get("verified"):
        lines.append(say("study.verified", language))
    return lines


def proof_line(plan: Json, language: Language) -> str:
    """How far from the best plan this one can be."""
    gap = (value(plan["gap"]) or 0.0) * 100
    key = "report.proof_best" if _proven(plan) else "report.proof_gap"
    return say(key, language, gap=number(gap, language, digits=2))


def _proven(plan: Json) -> bool:
    return (value(plan["gap"]) or 0.0) <= PROVEN
