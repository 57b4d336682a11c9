"""Sizes of models beside counts: how many were left out is told to the threshold at best."""

from __future__ import annotations

import pytest

from alliance_modes.disclosure.rules import Disclosure, could_be, rounded
from alliance_modes.disclosure.sizes import ShownCount, sizes

RULES = Disclosure()


def shown(n, rules=RULES, units="enrolment"):
    return ShownCount(units, n, rounded(n, rules.base))


@pytest.mark.parametrize("started", range(198, 203))
@pytest.mark.parametrize("base", [1, 5, 10])
def test_who_lacked_a_value_is_told_to_within_the_threshold_at_least_or_is_many(started, base):
    """A reader knows the rule, the count, and that a model is of some of the people of the count."""
    rules = Disclosure(base=base)
    told = {n: sizes([("enrolment", n)], [shown(started, rules)], rules).of("enrolment", n)
            for n in range(100, started + 1)}  # fmt: skip
    for n in told:
        alike = [other for other in told if told[other] == told[n]]
        lacking = {started - other for other in alike}
        assert max(lacking) - min(lacking) >= RULES.threshold or min(lacking) > RULES.threshold


def test_two_models_close_to_each_other_are_told_alike_and_those_apart_are_not():
    told = sizes([("alliance", n) for n in (587, 585, 578, 570)], (), RULES)
    assert [told.of("alliance", n) for n in (587, 585, 578, 570)] == [585, 585, 585, 570]


def test_units_of_other_kinds_are_not_compared():
    told = sizes([("enrolment", 196), ("practitioner", 38)], [shown(200), shown(41)], RULES)
    assert told.of("enrolment", 196) == 200 and told.of("practitioner", 38) == 40
    assert told.fewest("practitioner", 38) == could_be(40, RULES)[0]


def test_what_is_told_of_a_model_stands_for_no_fewer_than_it_could():
    told = sizes([("enrolment", 196), ("enrolment", 150)], [shown(200)], RULES)
    assert told.fewest("enrolment", 196) == 198 - RULES.threshold <= 196
    assert told.fewest("enrolment", 150) == 148


def test_those_in_the_models_are_known_as_well_as_their_own_count():
    fitted = ShownCount("practitioner", 38, 40, of_models=True)
    told = sizes(
        [("practitioner", 38), ("practitioner", 36)], [shown(50, units="practitioner"), fitted], RULES
    )
    assert told.fewest("practitioner", 38) == 38 and told.of("practitioner", 36) == 40
    assert told.fewest("practitioner", 36) == 38 - RULES.threshold
