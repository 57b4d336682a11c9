# REQUIRED INPUTS: the clean tables
# OUTPUTS: reports/{cohort}/internal/tables/: fit of every factor structure, loadings, invariance; the same of
# clients within practitioners
rule factors:
    input:
        tables=rules.clean.output.tables,
        instruments=study.instrument_files(),
        code=code_list("factors"),
    output:
        fit=table("factor_fit"),
        loadings=table("loadings"),
        invariance=table("invariance"),
        two_level_fit=table("two_level_fit"),
        two_level=table("two_level_estimates"),
    log:
        "logs/{cohort}/factors.log",
    priority: 70
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("factors"),
    params:
        plan=study.two_level,
        made_with=study.made_with("factors"),
        held=held("factors"),
        environment=study.environment,
    script:
        "../scripts/factors.py"


# REQUIRED INPUTS: the loadings
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/factors.py, PNG, PDF, JSON
rule figures_factors:
    input:
        loadings=rules.factors.output.loadings,
        code=code_list("figures_factors"),
    output:
        **figure_outputs(figures(FACTORS)),
    log:
        "logs/{cohort}/figures_factors.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("figures_factors"),
    params:
        made_with=study.made_with("figures_factors"),
        held=held("figures_factors"),
        environment=study.environment,
    script:
        "../scripts/figures_factors.py"


# REQUIRED INPUTS: the clean tables of every cohort of this run; two at least (rule all)
# OUTPUTS: reports/_cohorts/internal/tables/invariance.csv: whether instruments measure alike in them
rule invariance_cohorts:
    input:
        tables=expand(rules.clean.output.tables, cohort=study.cohorts),
        instruments=study.instrument_files(),
        code=code_list("invariance_cohorts"),
    output:
        invariance=table("invariance_cohorts"),
    log:
        "logs/_cohorts/invariance_cohorts.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("invariance_cohorts"),
    params:
        cohorts=list(study.cohorts),
        made_with=study.made_with("invariance_cohorts"),
        held=held("invariance_cohorts"),
        environment=study.environment,
    script:
        "../scripts/invariance_cohorts.py"
