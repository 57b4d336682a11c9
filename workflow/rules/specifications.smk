# REQUIRED INPUTS: the typed tables, which are cleaned, scored and derived anew by other rules; what the plan's own
# rules made of them need not be made again
# OUTPUTS: data/processed/{cohort}/specifications/{careless}.json, one per rule on careless answers
rule specification:
    input:
        tables=rules.ingest.output.tables,
        cleaned=rules.clean.output.account,
        planned=lambda wildcards: (
            expand(
                [
                    *rules.clean.output.tables,
                    rules.clean.output.account,
                    rules.clean.output.flags,
                    rules.score.output.scores,
                    *rules.derive.output.tables,
                ],
                cohort=wildcards.cohort,
            )
            if wildcards.careless == PLANNED
            else []
        ),
        instruments=study.instrument_files(),
        code=code_list("specification"),
    output:
        part="data/processed/{cohort}/specifications/{careless}.json",
    log:
        "logs/{cohort}/specification_{careless}.log",
    priority: 60
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("specification"),
    params:
        plan=study.specifications,
        data_lock=lambda wildcards: study.data_lock(wildcards.cohort),
        made_with=study.made_with("specification"),
        held=held("specification"),
        environment=study.environment,
    script:
        "../scripts/specification.py"


# REQUIRED INPUTS: the parts of the specification curve
# OUTPUTS: reports/{cohort}/internal/tables/specifications.csv, and what is said of the curve
rule specifications:
    input:
        parts=expand(
            "data/processed/{{cohort}}/specifications/{careless}.json",
            careless=study.specification_parts,
        ),
        code=code_list("specifications"),
    output:
        result="data/processed/{cohort}/relations/specifications.json",
        specifications=table("specifications"),
    log:
        "logs/{cohort}/specifications.log",
    priority: 50
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("specifications"),
    params:
        made_with=study.made_with("specifications"),
        held=held("specifications"),
        environment=study.environment,
    script:
        "../scripts/specifications.py"
