"""Tables and figures of a cohort to its report."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.ground.files import write_text
    from alliance_modes.reports import read_inputs, research_report

    processed = Path(snakemake.input.sources).parents[1]
    there = Path(snakemake.output.report).parent
    inputs = read_inputs(Path(snakemake.input.cohort).parent, snakemake.input.plan[0], processed, there)
    write_text(research_report(inputs), snakemake.output.report)
    say(f"written to {snakemake.output.report}")
