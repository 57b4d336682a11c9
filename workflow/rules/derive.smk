# REQUIRED INPUTS: the clean tables and the scores
# OUTPUTS: data/processed/{cohort}/analysis/: the tables that models are fitted to, and the flow
rule derive:
    input:
        tables=rules.clean.output.tables,
        account=rules.clean.output.account,
        scores=rules.score.output.scores,
        code=code_list("derive"),
    output:
        tables=expand(
            "data/processed/{{cohort}}/analysis/{table}.parquet",
            table=["practitioner", "enrolment", "session", "alliance"],
        ),
        flow="data/processed/{cohort}/analysis/flow.csv",
    log:
        "logs/{cohort}/derive.log",
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("derive"),
    params:
        plan=study.exposure,
        data_lock=lambda wildcards: study.data_lock(wildcards.cohort),
        made_with=study.made_with("derive"),
        held=held("derive"),
        environment=study.environment,
    script:
        "../scripts/derive.py"
