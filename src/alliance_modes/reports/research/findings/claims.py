"""What is said of one question: a claim where the tests allow it, else the reach of the intervals."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.domain import ALPHA, MODES
from alliance_modes.models.collect import DESCRIPTIVE
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.reports.questions import Asked, Question
from alliance_modes.words.names import capital, listed, mode_name, plain, with_shared_endings
from alliance_modes.words.rounding import is_missing, number, p_value

TOO_FEW = "too few practitioners, so no claim is made"
EXPLORED = "explored only, so no claim is made"
UNCLEAR = "cannot be told apart from no association with any mode"
UNTESTED = "the joint test of the modes was not possible, so no mode is singled out"
EXPLORATORY = "exploratory"


def is_clear(one: Asked) -> bool:
    """Whether the test of the modes is below .05 after adjustment over its family."""
    p = _tested_p(one)
    return p is not None and p < ALPHA and is_tested(one)


def is_tested(one: Asked) -> bool:
    """Whether a claim could be made of it: a test was possible, and the plan does not only explore."""
    return one.test is not None and _tested_p(one) is not None and one.test["family"] != EXPLORATORY


def question_sentences(question: Question, gated: bool) -> tuple[str, ...]:
    """What can be said of each outcome of a question about modes, those alike together.

    Parameters
    ----------
    question : Question
        About modes; without an estimate, why there is none.
    gated : bool
        Whether too few practitioners were surveyed for any claim.
    """
    if not question.estimated:
        return (f"Not run: {_reason(question).rstrip('.')}.",)
    said: dict[str, list[Asked]] = {}
    for one in question.estimated:
        said.setdefault(verdict_on(one, gated), []).append(one)
    sentences = _clear_sentences(question, said.pop("", []))
    for verdict in (UNCLEAR, TOO_FEW, EXPLORED, UNTESTED):
        sentences += _together(said.get(verdict, []), verdict)
    sentences += [*_reduced(question), *_pooled(question)]
    same = with_shared_endings([one.label for one in question.estimated if one.same_source])
    if same:
        sentences.append(f"Rated by the practitioner, who also rated the modes: {same}.")
    return tuple(sentences)


def _reduced(question: Question) -> list[str]:
    """What was planned to be held and could not be, and what that does to a claim."""
    absent = dict.fromkeys(
        name for one in question.estimated if one.fit is not None for name in one.fit.reduced
    )
    if not absent:
        return []
    named = listed([plain(name) for name in absent])
    kept = "as the plan allows" if question.planned.reduced_keeps_claim else "so it is explored only"
    return [f"Reduced: without {named}, of which this cohort has no value, or one for everybody; {kept}."]


def _pooled(question: Question) -> list[str]:
    """Which covariates are not split between and within practitioners, as these are few."""
    fits = [one.fit for one in question.estimated if one.fit is not None and one.fit.pooled]
    if not fits:
        return []
    names = dict.fromkeys(name for fit in fits for name in fit.pooled)
    enter = "each enter" if len(names) > 1 else "enters"
    few, named = min(fit.clusters[PRACTITIONER] for fit in fits), listed([plain(name) for name in names])
    return [
        f"Pooled: with {few} practitioners {named} {enter} as one column, as the plan has it, and not split "
        "into practitioners' means and deviations from them."
    ]


def _reason(question: Question) -> str:
    result = question.result
    reasons = [result.reason, *(fit.reason for fit in result.fits)] if result is not None else []
    return next((reason for reason in reasons if reason), "no estimate was possible")


def verdict_on(one: Asked, gated: bool) -> str:
    """What is said of an outcome on which no claim is made; blank where one is."""
    family = None if one.test is None else one.test["family"]
    if gated or family == DESCRIPTIVE:
        return TOO_FEW
    if family == EXPLORATORY:
        return EXPLORED
    if is_clear(one):
        return ""
    return UNTESTED if _tested_p(one) is None else UNCLEAR


def _tested_p(one: Asked) -> float | None:
    if one.test is None or is_missing(one.test["p_adjusted"]):
        return None
    return float(one.test["p_adjusted"])


def _clear_sentences(question: Question, clear: list[Asked]) -> list[str]:
    """One sentence per mode and direction, over all outcomes of which it can be said."""
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    alone, details = [], []
    for one in clear:
        here = one.by_mode()
        named = [mode for mode in MODES if mode in here.index and stands_out(one, mode)]
        for mode in named:
            way = "higher" if here.loc[mode, "estimate"] > one.measure.none else "lower"
            said.setdefault((mode, way), []).append((one.label, f"({_amount(one, mode)}{_rests(one, mode)})"))
        if not named:
            alone.append(one.label)
            shown = [f"{_amount(one, str(mode))} for the {mode_name(str(mode))}" for mode in here.index]
            details += [f"{one.label}: {listed(shown)}."] if one.estimand == "percentage_points" else []
    sentences = [
        f"More use of the {mode_name(mode)} goes with {way} "
        f"{with_shared_endings([label for label, _ in pairs], [amount for _, amount in pairs])}."
        for (mode, way), pairs in sorted(said.items(), key=lambda item: MODES.index(item[0][0]))
    ]
    if alone:
        sentences.append(_none_stands_out(question, alone))
        sentences += details
    return [*sentences, *_joint(question, clear), *single_witnesses(clear)]


def _none_stands_out(question: Question, labels: list[str]) -> str:
    named, told = with_shared_endings(labels), capital(question.modes_told)
    if len(question.modes) == 1:
        return f"{told} goes with {named} by its test, though its interval includes no association."
    return f"{told} together go with {named}, but no single one stands out."


def _joint(question: Question, clear: list[Asked]) -> Iterable[str]:
    known = [p for p in map(_tested_p, clear) if p is not None]
    if known:
        many, test = len(clear) > 1, "Joint test" if len(question.modes) > 1 else "Test"
        yield (
            f"{test}{'s' if many else ''} of {question.modes_told}, adjusted over the family: "
            f"{'each ' if many else ''}p {_equals(p_value(max(known)), many)}."
        )


def _together(asked: list[Asked], verdict: str) -> list[str]:
    """One sentence per number for all outcomes of which the same is said, with the reach of intervals."""
    sentences = []
    for estimand in dict.fromkeys(one.estimand for one in asked):
        alike = [one for one in asked if one.estimand == estimand]
        measure = alike[0].measure
        rows = [one.by_mode() for one in alike]
        low, high = (
            number(extreme([getattr(here[limit], extreme.__name__)() for here in rows]), measure.decimals)
            for limit, extreme in (("ci_low", min), ("ci_high", max))
        )
        names = capital(with_shared_endings([one.label for one in alike]))
        unit = f", {measure.told}" if measure.ratio else f" {measure.long}"
        sentences.append(
            f"{names}: {verdict}. The 95 % intervals of the single modes reach from {low} to {high}{unit}."
        )
    return sentences


def single_witnesses(clear: Iterable[Asked]) -> list[str]:
    """One sentence per kind of unit on a single one of which a joint test rests."""
    rest: dict[str, list[str]] = {}
    for one in clear:
        unit = "" if one.test is None else one.rests_on(one.test)
        if unit:
            rest.setdefault(unit, []).append(one.label)
    return [
        f"What is said of {with_shared_endings(labels)} rests on a single {unit}: without that one, its "
        "adjusted p is not below .05."
        for unit, labels in rest.items()
    ]


def _rests(one: Asked, mode: str) -> str:
    unit = one.rests_on(one.by_mode("coefficient").loc[mode])
    return f"; rests on a single {unit}" if unit else ""


def _amount(one: Asked, mode: str) -> str:
    return one.measure.amount(one.by_mode().loc[mode].to_dict())


def stands_out(one: Asked, mode: str) -> bool:
    """Whether a single mode's interval lies on one side of none, and the p of its coefficient is below .05.

    The p is the coefficient's adjusted one, whatever number is shown for the mode.
    """
    coefficients = one.by_mode("coefficient")
    p = coefficients["p_adjusted"].get(mode)
    if is_missing(p):
        return False
    return one.measure.excludes_none(one.by_mode().loc[mode].to_dict()) and float(str(p)) < ALPHA


def _equals(text: str, at_most: bool) -> str:
    if text == number(ALPHA, 3).removeprefix("0"):
        return f"< {text}"
    return text if text.startswith("<") else f"{'≤' if at_most else '='} {text}"
