"""Clean item responses held against the keys of their instruments."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.keys.audit import WRONG, audit_keys

    tables = read_tables(snakemake.input.tables)
    audit = audit_keys(tables, load_instruments(STUDY_INSTRUMENTS))
    MEASUREMENT["key_audit"].write(audit, snakemake.output.audit)
    wrong = audit[audit["verdict"].isin(WRONG)].drop_duplicates(["rater", "instrument", "item"])
    say(f"{len(audit)} rows, {len(wrong)} items run against their key")
