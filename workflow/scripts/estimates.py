"""Results of all models and their checks to the tidy tables of estimates, variances, fits and checks."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.models import TABLES as MODELS
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.ground.files import read_json
    from alliance_modes.models.collect import collect
    from alliance_modes.models.refitting.bootstrap_check import BootstrapResult
    from alliance_modes.models.refitting.influence_result import InfluenceResult
    from alliance_modes.models.result import read_result
    from alliance_modes.models.second_engines.agreement import EngineResult
    from alliance_modes.plan.parts import EstimatesPart

    results = [read_result(path) for path in snakemake.input.results]
    bootstraps = [BootstrapResult.model_validate(read_json(path)) for path in snakemake.input.bootstraps]
    influences = [InfluenceResult.model_validate(read_json(path)) for path in snakemake.input.influences]
    engines = [EngineResult.model_validate(read_json(path)) for path in snakemake.input.engines]
    plan = EstimatesPart.model_validate(snakemake.params.plan)
    collected = collect(results, plan, bootstraps, influences, engines)
    write_each(MODELS, vars(collected), snakemake.output)
    say(f"{len(collected.estimates)} estimates")
