# REQUIRED INPUTS: what the reports are made of, and the ledger of what was handed over before
# OUTPUTS: reports/{cohort}/release/, what may leave; reports/{cohort}/internal/release_record/, the counts behind it.
#   Which files these hold follows from the cohort; a declared folder would hold a file of Snakemake's own.
rule release:
    input:
        cohort=lambda wildcards: study.cohort_file(wildcards.cohort),
        raw=lambda wildcards: study.raw_files(wildcards.cohort),
        plan=lambda wildcards: study.plan_files(wildcards.cohort),
        instruments=study.instrument_files(),
        protocol=lambda wildcards: study.protocol(wildcards.cohort),
        released=lambda wildcards: study.released(wildcards.cohort),
        sources=rules.ingest.output.sources,
        origin=rules.ingest.output.origin,
        account=rules.clean.output.account,
        checks=rules.clean.output.checks,
        missing_map=rules.missingness.output.missing_map,
        tables=rules.derive.output.tables,
        flow=rules.derive.output.flow,
        scores=rules.score.output.scores,
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
        code=code_list("release"),
    output:
        record="reports/{cohort}/release/results.json",
        listed="reports/{cohort}/release/outputs.csv",
        certificate="reports/{cohort}/release/certificate.html",
        inside="reports/{cohort}/internal/release_record/files.csv",
    log:
        "logs/{cohort}/release.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("release"),
    params:
        raw=lambda wildcards: study.raw_digest(wildcards.cohort),
        plan=lambda wildcards: study.plan_digest(wildcards.cohort),
        protocol=lambda wildcards: study.protocol_digest(wildcards.cohort),
        released=lambda wildcards: study.released_digest(wildcards.cohort),
        made_with=study.made_with("release"),
        held=held("release"),
        environment=study.environment,
    script:
        "../scripts/release.py"
