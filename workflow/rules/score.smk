# REQUIRED INPUTS: the clean tables
# OUTPUTS: data/processed/{cohort}/: scores long and wide; how many rest on incomplete answers
rule score:
    input:
        tables=rules.clean.output.tables,
        flags=rules.clean.output.flags,
        instruments=study.instrument_files(),
        code=code_list("score"),
    output:
        scores="data/processed/{cohort}/scores.parquet",
        wide="data/processed/{cohort}/scores_wide.parquet",
        counts=table("scoring"),
    log:
        "logs/{cohort}/score.log",
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("score"),
    params:
        made_with=study.made_with("score"),
        held=held("score"),
        environment=study.environment,
    script:
        "../scripts/score.py"
