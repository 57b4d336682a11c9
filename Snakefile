# Snakemake started in this folder finds this file; the workflow itself is in workflow/Snakefile.
# A file that only includes another has no default target, so the default is declared here.
include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
