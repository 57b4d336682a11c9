# REQUIRED INPUTS: the analysis tables
# OUTPUTS: reports/{cohort}/internal/tables/: imputed.csv (pooled beside complete cases), tipping.csv
rule impute:
    input:
        tables=rules.derive.output.tables,
        code=code_list("impute"),
    output:
        imputed=table("imputed"),
        tipping=table("tipping"),
    log:
        "logs/{cohort}/impute.log",
    priority: 80
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
