"""Analysis tables to the result of one relational analysis of the plan."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.ground.files import write_json
    from alliance_modes.ground.layout import cohort_of
    from alliance_modes.plan.parts import RelationTask
    from alliance_modes.plan.reading import columns_read, files_read
    from alliance_modes.relations.registry import analyse

    task = RelationTask.model_validate(snakemake.params.plan)
    read = columns_read(task)
    tables = read_each(DERIVE, files_read(task, snakemake.input.tables), read)
    for name in ("scales", "centiles"):
        tables[name] = MEASUREMENT[name].read(snakemake.input[name])
    earlier: dict[str, dict] = {}
    for path in files_read(task, snakemake.input.earlier):
        earlier.setdefault(cohort_of(path), {}).update(read_each(DERIVE, [path], read))
    result = analyse(task, tables, earlier)
    write_json(result.model_dump(mode="json"), snakemake.output.result)
    say(result.line)
