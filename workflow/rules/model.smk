# REQUIRED INPUTS: the analysis table of the model, and the reliability of practitioner scores
# OUTPUTS: data/processed/{cohort}/models/{model}.json, one result per model of the cohort's plan
rule model:
    input:
        table=lambda wildcards: study.model_table(wildcards.cohort, wildcards.model),
        reliability=rules.exposure_reliability.output.reliability,
        code=code_list("model"),
    output:
        result="data/processed/{cohort}/models/{model}.json",
    log:
        "logs/{cohort}/model_{model}.log",
    priority: 50
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("model"),
    params:
        plan=lambda wildcards: study.model_task(wildcards.cohort, wildcards.model),
        made_with=study.made_with("model"),
        held=held("model"),
        environment=study.environment,
    script:
        "../scripts/model.py"


# REQUIRED INPUTS: the analysis table and the result of the model
# OUTPUTS: data/processed/{cohort}/bootstrap/{model}.json, for each model that the plan names for it
rule bootstrap:
    input:
        table=lambda wildcards: study.model_table(wildcards.cohort, wildcards.model),
        result=rules.model.output.result,
        code=code_list("bootstrap"),
    output:
        checks="data/processed/{cohort}/bootstrap/{model}.json",
    log:
        "logs/{cohort}/bootstrap_{model}.log",
    priority: 90
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("bootstrap"),
    params:
        plan=lambda wildcards: study.bootstrap_task(wildcards.cohort, wildcards.model),
        made_with=study.made_with("bootstrap"),
        held=held("bootstrap"),
        environment=study.environment,
    script:
        "../scripts/bootstrap.py"


# REQUIRED INPUTS: the analysis table and the result of the model
# OUTPUTS: data/processed/{cohort}/influence/{model}.json, for the models that the plan names
rule influence:
    input:
        table=lambda wildcards: study.model_table(wildcards.cohort, wildcards.model),
        result=rules.model.output.result,
        code=code_list("influence"),
    output:
        influence="data/processed/{cohort}/influence/{model}.json",
    log:
        "logs/{cohort}/influence_{model}.log",
    priority: 60
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("influence"),
    params:
        plan=lambda wildcards: study.model_task(wildcards.cohort, wildcards.model),
        made_with=study.made_with("influence"),
        held=held("influence"),
        environment=study.environment,
    script:
        "../scripts/influence.py"


# REQUIRED INPUTS: the analysis table of the model; R with lme4 where it is there
# OUTPUTS: data/processed/{cohort}/engines/{model}.json, where config/config.yaml asks for it
rule lme4:
    input:
        table=lambda wildcards: study.model_table(wildcards.cohort, wildcards.model),
        code=code_list("lme4"),
    output:
        refits="data/processed/{cohort}/engines/{model}.json",
    log:
        "logs/{cohort}/lme4_{model}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("lme4"),
    params:
        plan=lambda wildcards: study.model_task(wildcards.cohort, wildcards.model),
        seconds=study.config.engines.seconds,
        engine=lambda wildcards: study.lme4,
        made_with=study.made_with("lme4"),
        held=held("lme4"),
        environment=study.environment,
    script:
        "../scripts/lme4.py"


# REQUIRED INPUTS: the results of all models, and of their checks
# OUTPUTS: reports/{cohort}/internal/tables/: estimates, variances, fits, agreement of engines, checks
rule estimates:
    input:
        results=lambda wildcards: study.results(wildcards.cohort),
        bootstraps=expand(
            "data/processed/{{cohort}}/bootstrap/{model}.json",
            model=study.bootstrapped,
        ),
        engines=expand(
            "data/processed/{{cohort}}/engines/{model}.json",
            model=study.through_lme4,
        ),
        influences=expand(
            "data/processed/{{cohort}}/influence/{model}.json",
            model=study.left_one_out,
        ),
        code=code_list("estimates"),
    output:
        estimates=table("estimates"),
        variances=table("variances"),
        fits=table("fits"),
        agreement=table("agreement"),
        checks=table("checks"),
        bootstrap=table("bootstrap"),
        sensitivity=table("sensitivity"),
        influence=table("influence"),
        shrunken=table("shrunken"),
    log:
        "logs/{cohort}/estimates.log",
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("estimates"),
    params:
        plan=lambda wildcards: study.estimates(wildcards.cohort),
        made_with=study.made_with("estimates"),
        held=held("estimates"),
        environment=study.environment,
    script:
        "../scripts/estimates.py"
