# REQUIRED INPUTS: the clean tables
# OUTPUTS: reports/{cohort}/internal/tables/: reliability of every scale, statistics of every item
rule measure:
    input:
        tables=rules.clean.output.tables,
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
