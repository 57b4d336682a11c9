# REQUIRED INPUTS: the tables of measurement, the scores and the clean enrolments
# OUTPUTS: reports/{cohort}/internal/figures/: those of figures/measurement.py, PNG, PDF, JSON
rule figures_measurement:
    input:
        measurement=rules.measure.output,
        scores=rules.score.output.scores,
        tables=rules.clean.output.tables,
        instruments=study.instrument_files(),
        code=code_list("figures_measurement"),
    output:
        **figure_outputs(figures(MEASUREMENT)),
    log:
        "logs/{cohort}/figures_measurement.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("figures_measurement"),
    params:
        made_with=study.made_with("figures_measurement"),
        held=held("figures_measurement"),
        environment=study.environment,
    script:
        "../scripts/figures_measurement.py"
