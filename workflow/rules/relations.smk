# REQUIRED INPUTS: the analysis tables, and the errors and ranges of scales; those of earlier cohorts from
# which the plan takes what is expected
# OUTPUTS: data/processed/{cohort}/relations/{analysis}.json, one result per relational analysis of the plan;
# the specification curve, which goes back to the typed tables, has rules of its own
rule relation:
    input:
        tables=rules.derive.output.tables,
        scales="reports/{cohort}/internal/tables/scales.csv",
        centiles="reports/{cohort}/internal/tables/centiles.csv",
        earlier=lambda wildcards: expand(
            rules.derive.output.tables,
            cohort=study.earlier(wildcards.analysis, wildcards.cohort),
        ),
        code=code_list("relation"),
    output:
        result="data/processed/{cohort}/relations/{analysis}.json",
    log:
        "logs/{cohort}/relation_{analysis}.log",
    wildcard_constraints:
        analysis="|".join(study.relations_from_tables) or "none",
    priority: 60
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("relation"),
    params:
        plan=lambda wildcards: study.relation_task(wildcards.analysis),
        made_with=study.made_with("relation"),
        held=held("relation"),
        environment=study.environment,
    script:
        "../scripts/relation.py"


# REQUIRED INPUTS: the results of all relational analyses
# OUTPUTS: reports/{cohort}/internal/tables/: their numbers, their checks, the points of their
# curves, the alerts
rule relations:
    input:
        results=expand(
            "data/processed/{{cohort}}/relations/{analysis}.json",
            analysis=study.relations,
        ),
        code=code_list("relations"),
    output:
        relations=table("relations"),
        checks=table("relation_checks"),
        points=table("relation_points"),
        alerts=table("alerts"),
    log:
        "logs/{cohort}/relations.log",
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("relations"),
    params:
        made_with=study.made_with("relations"),
        held=held("relations"),
        environment=study.environment,
    script:
        "../scripts/relations.py"


# REQUIRED INPUTS: the analysis tables and the estimates of every cohort of this run; two at least (rule all)
# OUTPUTS: reports/_cohorts/internal/tables/effects.csv: primary effects in each cohort and over all of them
rule over_cohorts:
    input:
        tables=expand(rules.derive.output.tables, cohort=study.cohorts),
        estimates=expand(rules.estimates.output.estimates, cohort=study.cohorts),
        code=code_list("over_cohorts"),
    output:
        effects=table("over_cohorts"),
    log:
        "logs/_cohorts/over_cohorts.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("over_cohorts"),
    params:
        plan=study.cohorts_task(),
        cohorts=list(study.cohorts),
        made_with=study.made_with("over_cohorts"),
        held=held("over_cohorts"),
        environment=study.environment,
    script:
        "../scripts/over_cohorts.py"


# REQUIRED INPUTS: effects over cohorts, the plan for its labels, and the declarations of the cohorts
# OUTPUTS: reports/_cohorts/internal/effects.html: the same as a page
rule cohorts_page:
    input:
        effects=rules.over_cohorts.output.effects,
        plan=study.config.plan,
        cohorts=[study.cohort_file(cohort) for cohort in study.cohorts],
        instruments=study.instrument_files(),
        code=code_list("cohorts_page"),
    output:
        page="reports/_cohorts/internal/effects.html",
    log:
        "logs/_cohorts/cohorts_page.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("cohorts_page"),
    params:
        made_with=study.made_with("cohorts_page"),
        held=held("cohorts_page"),
        environment=study.environment,
    script:
        "../scripts/cohorts_page.py"


# REQUIRED INPUTS: the numbers of relational analyses and the points of their curves, and the specifications
# where the plan asks for any
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/relations.py, PNG, PDF, JSON
rule figures_relations:
    input:
        relations=rules.relations.output.relations,
        relation_points=rules.relations.output.points,
        specifications=(
            [rules.specifications.output.specifications]
            if study.specification_parts
            else []
        ),
        code=code_list("figures_relations"),
    output:
        **figure_outputs(figures(RELATED, study.figures)),
    log:
        "logs/{cohort}/figures_relations.log",
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("figures_relations"),
    params:
        plan=study.figures.model_dump(mode="json"),
        made_with=study.made_with("figures_relations"),
        held=held("figures_relations"),
        environment=study.environment,
    script:
        "../scripts/figures_relations.py"
