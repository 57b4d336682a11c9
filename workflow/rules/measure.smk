# REQUIRED INPUTS: the clean tables and the scores
# OUTPUTS: reports/{cohort}/internal/tables/: reliability of every scale, statistics of every item and
# scale, correlations, clustering, reliability over occasions, reliable change, agreement of raters
rule measure:
    input:
        tables=rules.clean.output.tables,
        scores=rules.score.output.scores,
        instruments=study.instrument_files(),
        code=code_list("measure"),
    output:
        reliability=table("reliability"),
        statistics=table("items"),
        scales=table("scales"),
        centiles=table("centiles"),
        item_responses=table("item_responses"),
        subscale_correlations=table("subscale_correlations"),
        icc=table("icc"),
        reliability_repeated=table("reliability_repeated"),
        reliable_change=table("reliable_change"),
        reliable_change_rates=table("reliable_change_rates"),
        agreement_raters=table("agreement_raters"),
    log:
        "logs/{cohort}/measure.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("measure"),
    params:
        made_with=study.made_with("measure"),
        held=held("measure"),
        environment=study.environment,
    script:
        "../scripts/measure.py"


# REQUIRED INPUTS: the practitioner survey, and how many of its waves each practitioner's exposure averages
# OUTPUTS: reports/{cohort}/internal/tables/exposure_reliability.csv: what corrections for error rest on
rule exposure_reliability:
    input:
        survey="data/processed/{cohort}/clean/practitioner_survey.parquet",
        practitioners="data/processed/{cohort}/analysis/practitioner.parquet",
        instruments=study.instrument_files(),
        code=code_list("exposure_reliability"),
    output:
        reliability=table("exposure_reliability"),
    log:
        "logs/{cohort}/exposure_reliability.log",
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("exposure_reliability"),
    params:
        made_with=study.made_with("exposure_reliability"),
        held=held("exposure_reliability"),
        environment=study.environment,
    script:
        "../scripts/exposure_reliability.py"
