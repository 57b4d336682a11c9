# REQUIRED INPUTS: the research report and the programme report of the cohort, as HTML and PDF
# OUTPUTS: reports/{cohort}/internal/checklist.html, .docx, .pdf and .csv
rule checklist:
    input:
        research=rules.research.output.html,
        research_pdf=rules.research.output.pdf,
        report=rules.report.output.report,
        report_pdf=rules.report.output.pdf,
        code=code_list("checklist"),
    output:
        html="reports/{cohort}/internal/checklist.html",
        docx="reports/{cohort}/internal/checklist.docx",
        pdf="reports/{cohort}/internal/checklist.pdf",
        table=table("checklist"),
    log:
        "logs/{cohort}/checklist.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("checklist"),
    params:
        made_with=study.made_with("checklist"),
        held=held("checklist"),
        environment=study.environment,
    script:
        "../scripts/checklist.py"
