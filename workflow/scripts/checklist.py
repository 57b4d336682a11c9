"""The reports of a cohort to the checklists of what an article has to report."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.checklist import TABLES
    from alliance_modes.ground.files import write_bytes
    from alliance_modes.reports.checklist.filled import checklist_table, filled
    from alliance_modes.reports.checklist.page import checklist_documents
    from alliance_modes.reports.checklist.rendered import read_report

    reports = [read_report(snakemake.input.research), read_report(snakemake.input.report)]
    found = filled(reports)
    for form, content in checklist_documents(reports, found).items():
        write_bytes(content, snakemake.output[form])
    TABLES["checklist"].write(checklist_table(found), snakemake.output.table)
    here = [one for items in found.values() for one in items if one.places]
    say(f"items answered, or in part: {len(here)} of {sum(map(len, found.values()))}")
