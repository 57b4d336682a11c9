# REQUIRED INPUTS: the dictionary in the package, and a cohort that could be read: nothing lies where none could
# OUTPUTS: reports/{cohort}/internal/tables/dictionary.csv: what every column of the tables there is
rule dictionary:
    input:
        sources=rules.ingest.output.sources,
        code=code_list("dictionary"),
    output:
        dictionary=table("dictionary"),
    log:
        "logs/{cohort}/dictionary.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("dictionary"),
    params:
        made_with=study.made_with("dictionary"),
        held=held("dictionary"),
        environment=study.environment,
    script:
        "../scripts/dictionary.py"
