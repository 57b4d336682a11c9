"""Raw exports to typed tables: ids keyed, labels and dates mapped, missing codes explained."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.cleaning.identity import identity_key
    from alliance_modes.cohort import load_cohort
    from alliance_modes.dictionary.ingest import TABLES as INGEST
    from alliance_modes.ground.files import write_json, write_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.ingest import ingest_cohort
    from alliance_modes.instruments.model import load_instruments

    folder, out = Path(snakemake.input.cohort).parent, snakemake.output
    key = identity_key(load_cohort(folder), snakemake.params.key_file)
    ingested = ingest_cohort(folder, key, load_instruments(STUDY_INSTRUMENTS))
    write_tables(ingested.tables, out.tables)
    INGEST["missing"].write(ingested.missing, out.missing)
    INGEST["changes"].write(ingested.changes, out.changes)
    write_json(ingested.sources, out.sources)
    say(f"{sum(len(table) for table in ingested.tables.values()):,} rows read")
