# REQUIRED INPUTS: the clean tables
# OUTPUTS: reports/{cohort}/internal/tables/: fit of every factor structure, loadings, invariance
rule factors:
    input:
        tables=rules.clean.output.tables,
        instruments=study.instrument_files(),
        code=code("factors"),
    output:
        fit=report(
            "reports/{cohort}/internal/tables/factor_fit.csv",
            caption="../report/factor_fit.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "factor structures", "kind": "table"},
        ),
        loadings=report(
            "reports/{cohort}/internal/tables/loadings.csv",
            caption="../report/loadings.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "loadings", "kind": "table"},
        ),
        invariance=report(
            "reports/{cohort}/internal/tables/invariance.csv",
            caption="../report/invariance.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "invariance", "kind": "table"},
        ),
    log:
        "logs/{cohort}/factors.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=800,
    params:
        made_with=study.made_with("factors"),
        environment=study.environment,
    script:
        "../scripts/factors.py"


# REQUIRED INPUTS: the loadings
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/factors.py, PNG, PDF, JSON
rule figures_factors:
    input:
        loadings=rules.factors.output.loadings,
        code=code("figures_factors"),
    output:
        **figure_outputs(figures(FACTORS)),
    log:
        "logs/{cohort}/figures_factors.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("figures_factors"),
        environment=study.environment,
    script:
        "../scripts/figures_factors.py"


# REQUIRED INPUTS: the clean tables of every cohort of this run; two at least (rule all)
# OUTPUTS: reports/_cohorts/internal/tables/invariance.csv: whether instruments measure alike in them
rule invariance_cohorts:
    input:
        tables=expand(rules.clean.output.tables, cohort=study.cohorts),
        instruments=study.instrument_files(),
        code=code("invariance_cohorts"),
    output:
        invariance=report(
            "reports/_cohorts/internal/tables/invariance.csv",
            caption="../report/invariance_cohorts.rst",
            category="All cohorts",
            subcategory="Measurement",
            labels={"content": "invariance between cohorts", "kind": "table"},
        ),
    log:
        "logs/_cohorts/invariance_cohorts.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=800,
    params:
        cohorts=list(study.cohorts),
        made_with=study.made_with("invariance_cohorts"),
        environment=study.environment,
    script:
        "../scripts/invariance_cohorts.py"
