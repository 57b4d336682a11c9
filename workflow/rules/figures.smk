# REQUIRED INPUTS: the analysis tables, the flow, the missing data map and the checks of cleaning
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/cohort.py, PNG, PDF, JSON
rule figures_cohort:
    input:
        tables=rules.derive.output.tables,
        flow=rules.derive.output.flow,
        missing_map=rules.missingness.output.missing_map,
        checks=rules.clean.output.checks,
        instruments=study.instrument_files(),
        code=code_list("figures_cohort"),
    output:
        **figure_outputs(figures(COHORT)),
    log:
        "logs/{cohort}/figures_cohort.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("figures_cohort"),
    params:
        made_with=study.made_with("figures_cohort"),
        held=held("figures_cohort"),
        environment=study.environment,
    script:
        "../scripts/figures_cohort.py"


# REQUIRED INPUTS: the analysis tables, the results of the plan's own models, estimates, units and checks
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/effects.py, PNG, PDF, JSON
rule figures_effects:
    input:
        tables=rules.derive.output.tables,
        results=expand(
            "data/processed/{{cohort}}/models/{model}.json", model=study.models
        ),
        estimates=rules.estimates.output.estimates,
        shrunken=rules.estimates.output.shrunken,
        checks=rules.estimates.output.checks,
        code=code_list("figures_effects"),
    output:
        **figure_outputs(figures(EFFECTS, study.figures)),
    log:
        "logs/{cohort}/figures_effects.log",
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("figures_effects"),
    params:
        plan=study.figures.model_dump(mode="json"),
        made_with=study.made_with("figures_effects"),
        held=held("figures_effects"),
        environment=study.environment,
    script:
        "../scripts/figures_effects.py"
