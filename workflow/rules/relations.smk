# REQUIRED INPUTS: the analysis tables, and the errors and ranges of scales
# OUTPUTS: data/processed/{cohort}/relations/{analysis}.json, one result per relational analysis of the plan
rule relation:
    input:
        tables=rules.derive.output.tables,
        scales="reports/{cohort}/internal/tables/scales.csv",
        centiles="reports/{cohort}/internal/tables/centiles.csv",
        code=code_list("relation"),
    output:
        result="data/processed/{cohort}/relations/{analysis}.json",
    log:
        "logs/{cohort}/relation_{analysis}.log",
    priority: 60
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("relation"),
    params:
        plan=lambda wildcards: study.relation_task(wildcards.analysis),
        made_with=study.made_with("relation"),
        environment=study.environment,
    script:
        "../scripts/relation.py"


# REQUIRED INPUTS: the results of all relational analyses
# OUTPUTS: reports/{cohort}/internal/tables/: their numbers, their checks, the points of their curves
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
        environment=study.environment,
    script:
        "../scripts/relations.py"
