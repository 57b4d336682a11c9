"""Typed tables to the specifications of one rule on careless answers, each distinct one fitted once."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from datetime import date

    from alliance_modes.ground.files import read_tables, write_json
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.parts import SpecificationsTask
    from alliance_modes.relations.specifications.data import OfCleaned, cleaned_by, read_as_planned
    from alliance_modes.relations.specifications.part import specifications_part

    read, careless = snakemake.input, snakemake.wildcards.careless
    task = SpecificationsTask.model_validate(snakemake.params.plan)
    day, instruments = date.fromisoformat(snakemake.params.data_lock), load_instruments(STUDY_INSTRUMENTS)
    cleaned = read_as_planned(task, read.planned) or cleaned_by(
        task, careless, read_tables(read.tables), day, instruments
    )
    data = OfCleaned(task, careless, cleaned, day, instruments)
    part = specifications_part(task, careless, data.tables_of)
    write_json(part.model_dump(mode="json"), snakemake.output.part)
    answered = sum(bool(one.terms) for one in part.fits)
    say(f"specifications: {len(part.fits)}, with estimates: {answered}")
