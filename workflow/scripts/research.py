"""Tables and figures of a cohort to its research report."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.ground.files import write_bytes
    from alliance_modes.reports.inputs import read_inputs
    from alliance_modes.reports.research.report import research_documents

    processed = Path(snakemake.input.sources).parents[1]
    there = Path(snakemake.output.html).parent
    read, folder = snakemake.input, Path(snakemake.input.cohort).parent
    inputs = read_inputs(folder, read.plan[0], processed, there, read.protocol)
    for form, content in research_documents(inputs).items():
        write_bytes(content, snakemake.output[form])
    say(f"written to {snakemake.output.html}, and as Word and PDF beside it")
