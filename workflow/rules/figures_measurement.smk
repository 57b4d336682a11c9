# REQUIRED INPUTS: the tables of measurement, the scores and the clean enrolments
# OUTPUTS: reports/{cohort}/internal/figures/: three figures of measurement, PNG, PDF, JSON
rule figures_measurement:
    input:
        measurement=rules.measure.output,
        scores=rules.score.output.scores,
        tables=rules.clean.output.tables,
        instruments=study.instrument_files(),
        code=code("figures_measurement"),
    output:
        reliability_intervals=report(
            "reports/{cohort}/internal/figures/reliability_intervals.png",
            caption="../report/reliability_intervals.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "reliability", "kind": "figure"},
        ),
        item_responses=report(
            "reports/{cohort}/internal/figures/item_responses.png",
            caption="../report/item_response_bars.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "item responses", "kind": "figure"},
        ),
        rater_agreement=report(
            "reports/{cohort}/internal/figures/rater_agreement.png",
            caption="../report/rater_agreement.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "client and practitioner", "kind": "figure"},
        ),
        other=expand(
            "reports/{{cohort}}/internal/figures/{figure}.{suffix}",
            figure=["reliability_intervals", "item_responses", "rater_agreement"],
            suffix=["pdf", "json"],
        ),
    log:
        "logs/{cohort}/figures_measurement.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("figures_measurement"),
        environment=study.environment,
    script:
        "../scripts/figures_measurement.py"
