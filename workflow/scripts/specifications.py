"""The parts of the specification curve to its table and to what is said of it."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.ground.files import read_json, write_json
    from alliance_modes.relations.specifications.analysis import TABLE, curve, table_of
    from alliance_modes.relations.specifications.result import SpecificationsPart

    parts = [SpecificationsPart.model_validate(read_json(path)) for path in snakemake.input.parts]
    result = curve(parts)
    write_json(result.model_dump(mode="json"), snakemake.output.result)
    TABLE.write(table_of(parts), snakemake.output.specifications)
    say(result.line)
