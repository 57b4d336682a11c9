"""The tables of relational analyses to their figures."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path
    from typing import Any

    from alliance_modes.dictionary.relations import TABLES as RELATIONS
    from alliance_modes.figures.declared import drawn, figures
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.figures.relations import FIGURES
    from alliance_modes.plan.parts import FiguresPart

    read, plan = snakemake.input, FiguresPart.model_validate(snakemake.params.plan)
    given: dict[str, Any] = {
        name: RELATIONS[name].read(read[name]) for name in ("relations", "relation_points")
    }
    given["plan"] = plan
    given["specifications"] = RELATIONS["specifications"].together(read.specifications)
    pictures = drawn(figures(FIGURES, plan), given)
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
