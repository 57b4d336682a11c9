"""Tables and figures of a cohort to its programme reports."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.ground.files import write_bytes
    from alliance_modes.reports import read_inputs
    from alliance_modes.reports.programme.internal import internal_reports

    processed = Path(snakemake.input.sources).parents[1]
    there = Path(snakemake.output.report).parent
    read, folder = snakemake.input, Path(snakemake.input.cohort).parent
    inputs = read_inputs(folder, read.plan[0], processed, there, read.protocol)
    Path(snakemake.output.parts).mkdir(parents=True, exist_ok=True)
    for path, content in internal_reports(inputs):
        write_bytes(content, there / path)
    say(f"written to {snakemake.output.report}")
