"""The imputed estimates and tipping points of each model to one table of each."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
    from alliance_modes.dictionary.result_table import write_each

    paths = {"imputed": snakemake.input.imputed, "tipping": snakemake.input.tipping}
    found = {name: IMPUTATION[name].together(paths[name]) for name in paths}
    write_each(IMPUTATION, found, snakemake.output)
    say(f"{len(found['imputed'])} estimates")
