"""Clean surveys to the reliability of the practitioner scores that models use as exposure."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.reliability.exposure import exposure_reliability

    tables = read_tables([snakemake.input.survey])
    practitioners = DERIVE["practitioner"].read(snakemake.input.practitioners)
    table = exposure_reliability(tables, load_instruments(STUDY_INSTRUMENTS), practitioners)
    MEASUREMENT["exposure_reliability"].write(table, snakemake.output.reliability)
    known = int((table["status"] == "ok").sum())
    say(f"{known} of {len(table)} scores have a known reliability")
