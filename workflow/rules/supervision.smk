# REQUIRED INPUTS: the analysis tables, the scores and the errors of scales
# OUTPUTS: reports/{cohort}/internal/supervision/: a page per practitioner, where the plan asks for them
rule supervision:
    input:
        cohort=lambda wildcards: study.cohort_file(wildcards.cohort),
        tables=rules.derive.output.tables,
        scores=rules.score.output.scores,
        scales="reports/{cohort}/internal/tables/scales.csv",
        code=code_list("supervision"),
    output:
        sheets=directory("reports/{cohort}/internal/supervision"),
    log:
        "logs/{cohort}/supervision.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("supervision"),
    params:
        plan=study.supervision,
        made_with=study.made_with("supervision"),
        held=held("supervision"),
        environment=study.environment,
    script:
        "../scripts/supervision.py"
