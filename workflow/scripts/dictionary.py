"""The dictionary of the tables of results, beside them."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.contents import TABLES
    from alliance_modes.dictionary.every import dictionary_table, reported_tables

    tables = reported_tables()
    TABLES["dictionary"].write(dictionary_table(tables), snakemake.output.dictionary)
    say(f"{len(tables)} tables")
