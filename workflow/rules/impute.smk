# REQUIRED INPUTS: the analysis tables of enrolments and of the model
# OUTPUTS: data/processed/{cohort}/imputation/{model}/: imputed.csv (pooled beside complete cases) and tipping.csv of
# one model, for each with an outcome that the plan imputes
rule impute:
    input:
        tables=lambda wildcards: study.imputed_tables(wildcards.cohort, wildcards.model),
        code=code_list("impute"),
    output:
        imputed="data/processed/{cohort}/imputation/{model}/imputed.csv",
        tipping="data/processed/{cohort}/imputation/{model}/tipping.csv",
    log:
        "logs/{cohort}/impute_{model}.log",
    priority: 80
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("impute"),
    params:
        plan=lambda wildcards: study.imputation_task(wildcards.model),
        made_with=study.made_with("impute"),
        held=held("impute"),
        environment=study.environment,
    script:
        "../scripts/impute.py"


# REQUIRED INPUTS: the tables of every imputed model
# OUTPUTS: reports/{cohort}/internal/tables/: imputed.csv and tipping.csv of all of them
rule imputation:
    input:
        imputed=expand(
            "data/processed/{{cohort}}/imputation/{model}/imputed.csv",
            model=study.imputed,
        ),
        tipping=expand(
            "data/processed/{{cohort}}/imputation/{model}/tipping.csv",
            model=study.imputed,
        ),
        code=code_list("imputation"),
    output:
        imputed=table("imputed"),
        tipping=table("tipping"),
    log:
        "logs/{cohort}/imputation.log",
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("imputation"),
    params:
        made_with=study.made_with("imputation"),
        held=held("imputation"),
        environment=study.environment,
    script:
        "../scripts/imputation.py"
