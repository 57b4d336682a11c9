"""Raw exports to typed tables: ids keyed, labels and dates mapped, missing codes explained."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.cleaning.identity import identity_key, key_fingerprint
    from alliance_modes.cohort import load_cohort
    from alliance_modes.dictionary.ingest import TABLES as INGEST
    from alliance_modes.ground.files import write_json, write_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.ingest.stage import ingest_cohort
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.intake.origin import origin

    folder, asked, out = Path(snakemake.input.cohort).parent, snakemake.params, snakemake.output
    key = identity_key(load_cohort(folder), folder, asked.key_file, made_with=asked.key)
    ingested = ingest_cohort(folder, key, load_instruments(STUDY_INSTRUMENTS))
    write_tables(ingested.tables, out.tables)
    INGEST["missing"].write(ingested.missing, out.missing)
    INGEST["changes"].write(ingested.changes, out.changes)
    write_json(ingested.sources, out.sources)
    write_json(origin([snakemake.input.cohort, *snakemake.input.raw], key), out.origin)
    say(f"{ingested.rows:,} rows read, ids made with key {key_fingerprint(key)}")
