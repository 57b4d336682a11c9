"""What the cells of categories, yes-no columns and attention checks stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alliance_modes.dictionary.canonical import CanonicalColumn
from alliance_modes.drafting.decisions import ColumnDraft, Scalar
from alliance_modes.drafting.facts import Facts
from alliance_modes.words.vocabulary import plain, vocabulary

PASSED = 0.8
"""Share of one answer from which it is taken for the one that an attention check asks for."""

TRUE, FALSE = ("1", "true"), ("0", "false")


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
    if declared.type == "category":
        return _category(name, declared, facts, draft, place, questions)
    if name == "attention_check":
        return _attention(facts, draft, place, questions)
    if declared.type == "boolean":
        return _truth(name, facts, draft, place, questions)
    return draft


def _category(
    name: str, declared: CanonicalColumn, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]
) -> ColumnDraft:
    labels: dict[str, Scalar] = {}
    unknown = []
    for text in facts.counts:
        meant = facts.value_labels.get(text, text)
        value = next(
            (v for v in declared.values if plain(v) == plain(meant)), declared.spellings.get(meant.lower())
        )
        if value is None:
            unknown.append(text)
        elif value != text:
            labels[text] = value
    if not unknown:
        return replace(draft, labels=labels)
    codes = sorted(facts.counts, key=lambda text: (len(text), text))
    first = int(codes[0]) if codes[0] in ("0", "1") else None
    known = (
        {str(first + step): value for step, value in enumerate(declared.values)} if first is not None else {}
    )
    if first is not None and len(unknown) == len(codes) and set(codes) <= set(known):
        guessed = {code: known[code] for code in codes}
        shown = ", ".join(f"{code} = {value}" for code, value in guessed.items())
        questions.append(
            f"{place}: what do the codes stand for? The draft assumes the order of {name}'s own values: "
            f"{shown}. "
            "The export does not say it; look it up in the code book."
        )
        why = f"{draft.why}; codes taken in the order of the values: look them up"
        return replace(draft, labels=guessed, sure="guess", why=why)
    shown = ", ".join(f'"{text}"' for text in sorted(unknown)[:12])
    questions.append(
        f"{place}: which of {', '.join(declared.values)} is meant by {shown}? Write it under labels; until "
        "then check refuses these cells."
    )
    return replace(draft, labels=labels, sure="guess")


def _truth(name: str, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]) -> ColumnDraft:
    words = vocabulary()
    labels: dict[str, Scalar] = {}
    unknown = []
    for text in facts.counts:
        meant = facts.value_labels.get(text, text).lower()
        if meant in TRUE or meant in FALSE:
            continue
        if meant in words.yes or meant in words.no:
            labels[text] = meant in words.yes
        else:
            unknown.append(text)
    if unknown:
        shown = ", ".join(f'"{text}"' for text in sorted(unknown)[:12])
        questions.append(
            f"{place}: which of these is true and which false for {name}? {shown}. Write it under "
            "labels; until then check refuses these cells."
        )
        return replace(draft, labels=labels, sure="guess")
    return replace(draft, labels=dict(sorted(labels.items(), key=lambda item: not item[1])))


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
    questions.append(
        f"{place}: which answer does the attention check ask for? Write true beside it: until then no one "
        "counts as having passed."
    )
    return replace(draft, labels=labels, sure="guess", why=f"{draft.why}; the right answer is not known")
