# REQUIRED INPUTS: every table and figure of the cohort; its raw files and the plan for their SHA-256
# OUTPUTS: reports/{cohort}/internal/report.html, .docx, .pdf; parts/: the same of each programme and site
rule report:
    input:
        cohort=lambda wildcards: study.cohort_file(wildcards.cohort),
        raw=lambda wildcards: study.raw_files(wildcards.cohort),
        plan=lambda wildcards: study.plan_files(wildcards.cohort),
        instruments=study.instrument_files(),
        protocol=lambda wildcards: study.protocol(wildcards.cohort),
        sources=rules.ingest.output.sources,
        origin=rules.ingest.output.origin,
        account=rules.clean.output.account,
        checks=rules.clean.output.checks,
        missing_map=rules.missingness.output.missing_map,
        tables=rules.derive.output.tables,
        flow=rules.derive.output.flow,
        scoring=rules.score.output.counts,
        measurement=rules.measure.output,
        key_audit=rules.key_audit.output,
        factors=rules.factors.output,
        figures_factors=rules.figures_factors.output,
        results=lambda wildcards: study.results(wildcards.cohort),
        estimates=rules.estimates.output,
        imputed=rules.imputation.output,
        relations=rules.relations.output,
        figures_cohort=rules.figures_cohort.output,
        figures_effects=rules.figures_effects.output,
        figures_relations=rules.figures_relations.output,
        figures_measurement=rules.figures_measurement.output,
        code=code_list("report"),
    output:
        report=report(
            "reports/{cohort}/internal/report.html",
            caption="../report/report.rst",
            category="{cohort}",
            subcategory="Report",
            labels={"content": "programme report", "kind": "report"},
        ),
        word="reports/{cohort}/internal/report.docx",
        pdf="reports/{cohort}/internal/report.pdf",
        parts=directory("reports/{cohort}/internal/parts"),
    log:
        "logs/{cohort}/report.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("report"),
    params:
        raw=lambda wildcards: study.raw_digest(wildcards.cohort),
        plan=lambda wildcards: study.plan_digest(wildcards.cohort),
        protocol=lambda wildcards: study.protocol_digest(wildcards.cohort),
        made_with=study.made_with("report"),
        held=held("report"),
        environment=study.environment,
    script:
        "../scripts/report.py"
