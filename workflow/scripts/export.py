"""Clean records with their scores as CSV, SPSS and Stata, and the codebook."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.cohort import load_cohort
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.export import TABLES as EXPORT
    from alliance_modes.export.codebook import codebook, codebook_page
    from alliance_modes.export.files import write_scored
    from alliance_modes.export.records import scored_tables
    from alliance_modes.ground.files import StoredTables, write_text
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments

    instruments = load_instruments(STUDY_INSTRUMENTS)
    flags, there = CLEANING["flags"].read(snakemake.input.flags), Path(snakemake.output.page).parent
    scored = scored_tables(StoredTables(snakemake.input.tables), instruments, flags)
    counted = [write_scored(one, there) for one in scored]
    title = load_cohort(Path(snakemake.input.cohort).parent).title
    EXPORT["codebook"].write(codebook(counted), snakemake.output.codebook)
    write_text(codebook_page(counted, instruments, title), snakemake.output.page)
    say(f"{sum(table.records for table in counted):,} records as CSV, SPSS and Stata")
