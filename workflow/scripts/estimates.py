"""Results of all models and their checks to the tidy tables of estimates, variances, fits and checks."""

from alliance_modes.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from alliance_modes.files import read_json, write_csv
    from alliance_modes.models.bootstrap_check import BootstrapResult
    from alliance_modes.models.collect import collect
    from alliance_modes.models.result import ModelResult
    from alliance_modes.plan import Plan

    results = [ModelResult.model_validate(read_json(path)) for path in snakemake.input.results]
    bootstraps = [BootstrapResult.model_validate(read_json(path)) for path in snakemake.input.bootstraps]
    collected = collect(results, Plan.model_validate(snakemake.params.plan), bootstraps)
    for name in ("estimates", "variances", "fits", "agreement", "checks", "bootstrap", "sensitivity"):
        write_csv(getattr(collected, name), snakemake.output[name])
    say(f"{len(collected.estimates)} estimates")
