"""Clean surveys to the reliability of the practitioner scores that models use as exposure."""

from alliance_modes.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from alliance_modes.files import read_table, write_csv
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.layout import STUDY_INSTRUMENTS
    from alliance_modes.measurement.exposure import SURVEY, exposure_reliability

    tables = {SURVEY: read_table(snakemake.input.survey)}
    practitioners = read_table(snakemake.input.practitioners)
    table = exposure_reliability(tables, load_instruments(STUDY_INSTRUMENTS), practitioners)
    write_csv(table, snakemake.output.reliability)
    known = int((table["status"] == "ok").sum())
    say(f"{known} of {len(table)} scores have a known reliability")
