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
    from alliance_modes.ground.files import read_tables, write_text
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments

    instruments = load_instruments(STUDY_INSTRUMENTS)
    tables = read_tables(snakemake.input.tables)
    scored = scored_tables(tables, instruments, CLEANING["flags"].read(snakemake.input.flags))
    list(map(lambda table: write_scored(table, Path(snakemake.output.page).parent), scored.values()))
    title = load_cohort(Path(snakemake.input.cohort).parent).title
    EXPORT["codebook"].write(codebook(scored), snakemake.output.codebook)
    write_text(codebook_page(scored, instruments, title), snakemake.output.page)
    say(f"{sum(len(table.records) for table in scored.values()):,} records as CSV, SPSS and Stata")
