# REQUIRED INPUTS: the clean tables
# OUTPUTS: reports/{cohort}/internal/tables/: whether the answers fit the keys that are declared
rule key_audit:
    input:
        tables=rules.clean.output.tables,
        instruments=study.instrument_files(),
        code=code_list("key_audit"),
    output:
        audit=table("key_audit"),
    log:
        "logs/{cohort}/key_audit.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("key_audit"),
    params:
        made_with=study.made_with("key_audit"),
        held=held("key_audit"),
        environment=study.environment,
    script:
        "../scripts/key_audit.py"
