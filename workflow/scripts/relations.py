"""The results of all relational analyses to their tables."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.relations import TABLES as RELATIONS
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.ground.files import read_json
    from alliance_modes.relations.collect import collect
    from alliance_modes.relations.result import Relation

    every = [Relation.model_validate(read_json(path)) for path in snakemake.input.results]
    write_each(RELATIONS, collect(every), snakemake.output)
    say(f"analyses: {len(every)}, with numbers: {sum(one.status == 'ok' for one in every)}")
