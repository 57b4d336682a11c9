"""Results of a cohort to what may leave the building, protected with all that was released before."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.dictionary.scoring import TABLES as SCORING
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.release.cohort import release_of
    from alliance_modes.release.folder import write_release
    from alliance_modes.release.ledger import read_ledger
    from alliance_modes.reports.inputs import read_inputs
    from alliance_modes.scoring.first_forms import READ, first_forms

    processed = Path(snakemake.input.sources).parents[1]
    there = Path(snakemake.output.inside).parents[1]
    read, folder = snakemake.input, Path(snakemake.input.cohort).parent
    inputs = read_inputs(folder, read.plan[0], processed, there, read.protocol)
    scores = first_forms(SCORING["scores"].read_parts(snakemake.input.scores, READ))
    instruments = load_instruments(STUDY_INSTRUMENTS)
    release = release_of(inputs, scores, instruments, read_ledger(list(snakemake.input.released)))
    written = write_release(release)
    say(f"release {release.order} written to {written.folder}")
