"""Analysis tables, results and estimates to the figures of effects."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.models import TABLES as MODELS
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.figures.declared import drawn, figures
    from alliance_modes.figures.effects import FIGURES, analysis_asked
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.models.result import read_result
    from alliance_modes.plan.parts import FiguresPart

    read, plan = snakemake.input, FiguresPart.model_validate(snakemake.params.plan)
    models = {Path(path).stem: read_result(path) for path in read.results}
    tables = (path for path in read.tables if Path(path).stem in analysis_asked(plan))
    given = {name: MODELS[name].read(read[name]) for name in ("estimates", "shrunken", "checks")}
    given |= {"plan": plan, "models": models, "analysis": read_each(DERIVE, tables)}
    pictures = drawn(figures(FIGURES, plan), given)
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
