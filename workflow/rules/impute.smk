# REQUIRED INPUTS: the analysis tables
# OUTPUTS: reports/{cohort}/internal/tables/: imputed.csv (pooled beside complete cases), tipping.csv
rule impute:
    input:
        tables=rules.derive.output.tables,
        code=code("impute"),
    output:
        imputed=report(
            "reports/{cohort}/internal/tables/imputed.csv",
            caption="../report/imputed.rst",
            category="{cohort}",
            subcategory="Models",
            labels={"content": "imputed", "kind": "table"},
        ),
        tipping=report(
            "reports/{cohort}/internal/tables/tipping.csv",
            caption="../report/tipping.rst",
            category="{cohort}",
            subcategory="Models",
            labels={"content": "tipping point", "kind": "table"},
        ),
    log:
        "logs/{cohort}/impute.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        plan=study.imputation,
        made_with=study.made_with("impute"),
        environment=study.environment,
    script:
        "../scripts/impute.py"
