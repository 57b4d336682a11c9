# REQUIRED INPUTS: the clean tables and the scores
# OUTPUTS: reports/{cohort}/internal/tables/: reliability of every scale, statistics of every item and
# scale, correlations, clustering, reliability over occasions, agreement of raters
rule measure:
    input:
        tables=rules.clean.output.tables,
        scores=rules.score.output.scores,
        instruments=study.instrument_files(),
        code=code("measure"),
    output:
        reliability=report(
            "reports/{cohort}/internal/tables/reliability.csv",
            caption="../report/reliability.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "reliability", "kind": "table"},
        ),
        statistics=report(
            "reports/{cohort}/internal/tables/items.csv",
            caption="../report/items.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "items", "kind": "table"},
        ),
        scales=report(
            "reports/{cohort}/internal/tables/scales.csv",
            caption="../report/scales.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "scales", "kind": "table"},
        ),
        item_responses=report(
            "reports/{cohort}/internal/tables/item_responses.csv",
            caption="../report/item_responses.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "item responses", "kind": "table"},
        ),
        subscale_correlations=report(
            "reports/{cohort}/internal/tables/subscale_correlations.csv",
            caption="../report/subscale_correlations.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "correlations of subscales", "kind": "table"},
        ),
        icc=report(
            "reports/{cohort}/internal/tables/icc.csv",
            caption="../report/icc.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "intraclass correlations", "kind": "table"},
        ),
        reliability_repeated=report(
            "reports/{cohort}/internal/tables/reliability_repeated.csv",
            caption="../report/reliability_repeated.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "reliability over occasions", "kind": "table"},
        ),
        agreement_raters=report(
            "reports/{cohort}/internal/tables/agreement_raters.csv",
            caption="../report/agreement_raters.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "client and practitioner", "kind": "table"},
        ),
    log:
        "logs/{cohort}/measure.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("measure"),
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
        code=code("exposure_reliability"),
    output:
        reliability=report(
            "reports/{cohort}/internal/tables/exposure_reliability.csv",
            caption="../report/exposure_reliability.rst",
            category="{cohort}",
            subcategory="Measurement",
            labels={"content": "reliability of mode use", "kind": "table"},
        ),
    log:
        "logs/{cohort}/exposure_reliability.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("exposure_reliability"),
        environment=study.environment,
    script:
        "../scripts/exposure_reliability.py"
