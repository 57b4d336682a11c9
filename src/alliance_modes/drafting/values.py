"""What the cells of categories, yes-no columns and attention checks stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alliance_modes.cohort import STAYS_EMPTY
from alliance_modes.dictionary.canonical import CanonicalColumn, names_in_exports
from alliance_modes.dictionary.named import ATTENDED, ATTENTION_CHECK
from alliance_modes.drafting.decisions import LOOKED_UP, Asked, ColumnDraft, Key, Scalar, put
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.numbers import REASONS, telling_codes, with_numbers
from alliance_modes.ground.errors import shown
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.words.vocabulary import plain, vocabulary

PASSED = 0.8
"""Share of one answer from which it is taken for the one that an attention check asks for."""

RARELY = 0.5
"""Share of attended sessions below which 1 is not taken for attended without asking."""

TICKS, CROSSES = frozenset("✓✔☑"), frozenset("✗✘☒xX")
"""A cross alone marks a box; beside a tick it may be its opposite."""

TRUE, FALSE = ("1", "true"), ("0", "false")
NOTHING = "none"
"""Value of a category that says that there was nothing, which forms often leave blank."""


def with_values(
    name: str, declared: CanonicalColumn, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]
) -> ColumnDraft:
    """``draft`` with the labels that its cells need; what has to be decided goes to ``questions``.

    Parameters
    ----------
    name : str
        Canonical column.
    declared : CanonicalColumn
        Its entry in the dictionary.
    facts : Facts
        The raw column.
    draft : ColumnDraft
        Its mapping so far.
    place : str
        File and column for the question.
    questions : list of str
        Questions so far.
    """
    labelled = facts.coded is not None and bool(facts.coded.labels) and facts.kind != "empty"
    why = f"{draft.why}; its answers stand in the code book" if labelled else draft.why
    draft = replace(draft, why=why, missing={**draft.missing, **facts.labelled_missing})
    if declared.type in ("category", "boolean") and name != ATTENTION_CHECK:
        draft, facts = _without_codes(declared, facts, draft, place, questions)
    if declared.type == "category":
        return _category(name, declared, facts, draft, place, questions)
    if name == ATTENTION_CHECK:
        return _attention(facts, draft, place, questions)
    if declared.type == "boolean":
        return _truth(name, declared, facts, draft, place, questions)
    if declared.type in ("number", "integer"):
        return with_numbers(declared, facts, draft, place, questions)
    return draft


def _without_codes(
    declared: CanonicalColumn, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]
) -> tuple[ColumnDraft, Facts]:
    """Codes such as 9 and 99 asked as missing, and the column without them."""
    codes = telling_codes(facts, declared.spellings)
    if not codes or len(codes) == len(facts.counts):
        return draft, facts
    asked: dict[Key, Asked] = {
        ("missing", text): Asked(
            f"{place}: why is there no answer in the cells that hold {text} ({count} of {facts.answered})? "
            "The reason stands in the report",
            REASONS,
        )
        for text, count in codes.items()
    }
    missing = {**draft.missing, **dict.fromkeys(codes, OPEN)}
    counts = {text: times for text, times in facts.counts.items() if text not in codes}
    return put(replace(draft, missing=missing), asked, questions), replace(facts, counts=counts)


def _category(
    name: str, declared: CanonicalColumn, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]
) -> ColumnDraft:
    labels: dict[str, Scalar] = {}
    asked: dict[Key, Asked] = {}
    guessed = _own_order(declared, facts)
    if guessed:
        shown_order = ", ".join(f"{code} = {value}" for code, value in guessed.items())
        question = Asked(
            f"{place}: what do the codes stand for? The draft has them in the order of {name}'s own values, "
            f"which the export does not say: {shown_order}. Look it up in the code book; correct what is "
            "otherwise under labels; then write true",
            ("true",),
        )
        why = f"{draft.why}; codes taken in the order of the values: look them up"
        draft = replace(draft, labels=guessed, settings={**draft.settings, LOOKED_UP: OPEN}, why=why)
        return put(draft, {(LOOKED_UP,): question}, questions)
    for text in sorted(facts.counts):
        meant = facts.value_labels.get(text, text)
        value = next(
            (v for v in declared.values if plain(v) == plain(meant)), declared.spellings.get(meant.lower())
        )
        if value is None or facts.strange(text) or text in facts.contradicted:
            labels[text] = OPEN
            asked["labels", text] = Asked(
                f"{place}: which {name} is {_said(text, facts)}?", tuple(declared.values)
            )
        elif value != text:
            labels[text] = value
    found = {*labels.values(), *facts.counts}
    settings: dict[str, Scalar] = dict(draft.settings)
    if NOTHING in declared.values and NOTHING not in found and facts.blank:
        settings["empty"] = OPEN
        asked["empty",] = Asked(
            f"{place}: what does an empty cell stand for? {facts.blank} of {facts.rows} are empty, and none "
            f'says "{NOTHING}"',
            (NOTHING, STAYS_EMPTY),
        )
    return put(replace(draft, labels=labels, settings=settings), asked, questions)


def _own_order(declared: CanonicalColumn, facts: Facts) -> dict[str, Scalar]:
    """What codes 0, 1 … or 1, 2 … without labels are in the order of the column's own values."""
    codes = sorted(facts.counts, key=lambda text: (len(text), text))
    first = int(codes[0]) if codes[0] in ("0", "1") else None
    if first is None or facts.contradicted or any(facts.value_labels.get(code) for code in codes):
        return {}
    known = {str(first + step): value for step, value in enumerate(declared.values)}
    return {code: known[code] for code in codes} if set(codes) <= set(known) else {}


def _said(text: str, facts: Facts) -> str:
    """A cell with its label and count."""
    label = facts.value_labels.get(text)
    labelled = f', which {_labels(facts)} labels "{shown(label)}"' if label else ""
    if text in facts.contradicted:
        own, other = facts.value_labels[text], facts.contradicted[text]
        labelled = f'; the file labels it "{shown(own)}", the code book "{shown(other)}"'
    elif facts.strange(text):
        labelled = ", which the code book does not know"
    return f'"{shown(text)}" ({facts.counts[text]} of {facts.answered} cells){labelled}'


def _labels(facts: Facts) -> str:
    return "the file" if facts.coded is None or not facts.coded.labels else "the code book"


def _truth(
    name: str,
    declared: CanonicalColumn,
    facts: Facts,
    draft: ColumnDraft,
    place: str,
    questions: list[str],
) -> ColumnDraft:
    if draft.contrary:
        return _contrary(name, declared, facts, draft, place, questions)
    meanings = {text: _meaning(name, declared, facts, text) for text in facts.counts}
    if facts.counts.keys() & TICKS and facts.counts.keys() & CROSSES:
        meanings |= dict.fromkeys(facts.counts.keys() & (TICKS | CROSSES))
    labels: dict[str, Scalar] = {}
    asked: dict[Key, Asked] = {}
    against = _against_codes(meanings) or any(
        meant is None and text in TRUE + FALSE for text, meant in meanings.items()
    )
    codes_only = not against and _unlabelled_codes(facts)
    if codes_only and name == ATTENDED and _share_true(meanings, facts) < RARELY:
        against, why = True, "; most cells would then say that nobody came"
    else:
        why = ""
    for text, meant in sorted(meanings.items()):
        open_code = (against and text in TRUE + FALSE) or text in facts.contradicted or facts.strange(text)
        if meant is None or open_code or (text == "2" and codes_only):
            labels[text] = OPEN
            asked["labels", text] = Asked(
                f"{place}: is {_said(text, facts)} true or false for {name} ({declared.meaning})?{why}",
                ("true", "false"),
            )
        elif text.lower() not in TRUE + FALSE:
            labels[text] = meant
    draft = replace(draft, labels=dict(sorted(labels.items(), key=lambda item: item[1] is not True)))
    if codes_only and draft.sure == "sure":
        draft = replace(
            draft, sure="likely", why=f"{draft.why}; 1 taken as true, which the file does not say"
        )
    draft = _yes_or_blank(name, meanings, facts, draft, asked, place)
    return put(draft, asked, questions)


def _contrary(
    name: str,
    declared: CanonicalColumn,
    facts: Facts,
    draft: ColumnDraft,
    place: str,
    questions: list[str],
) -> ColumnDraft:
    """Every cell of a column that is called after the opposite is asked."""
    said = f"{name} ({declared.meaning})? The name of the column says the contrary"
    asked: dict[Key, Asked] = {
        ("labels", text): Asked(
            f"{place}: is {_said(text, facts)} true or false for {said}", ("true", "false")
        )
        for text in sorted(facts.counts)
    }
    settings: dict[str, Scalar] = dict(draft.settings)
    if facts.blank and len(facts.counts) == 1:
        settings["empty"] = OPEN
        asked["empty",] = Asked(
            f"{place}: is an empty cell ({facts.blank} of {facts.rows}) true or false for {said}",
            ("true", "false", STAYS_EMPTY),
        )
    labels = dict.fromkeys(sorted(facts.counts), OPEN)
    return put(replace(draft, labels=labels, settings=settings), asked, questions)


def _meaning(name: str, declared: CanonicalColumn, facts: Facts, text: str) -> bool | None:
    """What a cell says by its label or its word; None where that is not known."""
    words = vocabulary()
    label = facts.value_labels.get(text)
    meant = plain(label) if label else text.lower()
    if label and meant.isdigit():
        meant = text.lower()
    if meant in TRUE or meant in words.yes or meant in words.ticked:
        return True
    if meant in FALSE or meant in words.no:
        return False
    called = {plain(said): key == "true" for key, said in declared.called.items()}
    if meant in called:
        return called[meant]
    return True if meant in (plain(one) for one in names_in_exports()[name]) else None


def _against_codes(meanings: Mapping[str, bool | None]) -> bool:
    """Whether 0 says true or 1 says false by the labels of the file."""
    return meanings.get("0") is True or meanings.get("1") is False


def _unlabelled_codes(facts: Facts) -> bool:
    return set(facts.counts) <= {"0", "1", "2"} and not any(facts.value_labels.get(t) for t in facts.counts)


def _share_true(meanings: Mapping[str, bool | None], facts: Facts) -> float:
    return sum(facts.counts[text] for text, meant in meanings.items() if meant) / facts.answered


def _yes_or_blank(
    name: str,
    meanings: Mapping[str, bool | None],
    facts: Facts,
    draft: ColumnDraft,
    asked: dict[Key, Asked],
    place: str,
) -> ColumnDraft:
    """Ask what an empty cell stands for where every other one says the same."""
    said = set(meanings.values())
    if not facts.blank or len(said) != 1 or None in said:
        return draft
    only = said == {True}
    asked["empty",] = Asked(
        f"{place}: does an empty cell mean {name} is {'false' if only else 'true'}? {facts.blank} of "
        f"{facts.rows} cells are empty, and all {facts.answered} others say {'yes' if only else 'no'}",
        ("false" if only else "true", STAYS_EMPTY),
    )
    return replace(draft, settings={**draft.settings, "empty": OPEN})


def _attention(facts: Facts, draft: ColumnDraft, place: str, questions: list[str]) -> ColumnDraft:
    if set(facts.counts) <= {*TRUE, *FALSE} and len(facts.counts) == 2:
        return draft
    stated = {text for text in facts.counts if "as asked" in facts.value_labels.get(text, "").lower()}
    most = max(facts.counts, key=lambda text: facts.counts[text])
    share = facts.counts[most] / facts.answered
    right = stated or ({most} if share >= PASSED else set())
    labels: Mapping[str, Scalar] = {text: text in right for text in sorted(facts.counts)}
    if stated:
        return replace(
            draft, labels=labels, why=f"{draft.why}; the file's own label says which answer is right"
        )
    if right:
        questions.append(
            f'{place}: is "{most}" the answer that the attention check asks for? {share:.0%} gave it; every '
            "other answer counts as not passed."
        )
        why = f"{draft.why}; the answer of {share:.0%} is taken to be the right one"
        return replace(draft, labels=labels, sure="guess", why=why)
    asked: dict[Key, Asked] = {
        ("labels", text): Asked(
            f"{place}: is {_said(text, facts)} what the attention check asks for?", ("true", "false")
        )
        for text in sorted(facts.counts)
    }
    return put(replace(draft, labels=dict.fromkeys(sorted(facts.counts), OPEN)), asked, questions)
