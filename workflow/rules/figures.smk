# REQUIRED INPUTS: the analysis tables, the flow and the missing data map
# OUTPUTS: reports/{cohort}/internal/figures/: four figures that need no model, PNG, PDF, JSON
rule figures_cohort:
    input:
        tables=rules.derive.output.tables,
        flow=rules.derive.output.flow,
        missing_map=rules.missingness.output.missing_map,
        instruments=study.instrument_files(),
        code=code("figures_cohort"),
    output:
        participant_flow=report(
            "reports/{cohort}/internal/figures/participant_flow.png",
            caption="../report/participant_flow.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "participant flow", "kind": "figure"},
        ),
        mode_use=report(
            "reports/{cohort}/internal/figures/mode_use.png",
            caption="../report/mode_use.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "mode use", "kind": "figure"},
        ),
        alliance_trajectories=report(
            "reports/{cohort}/internal/figures/alliance_trajectories.png",
            caption="../report/alliance_trajectories.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "alliance over time", "kind": "figure"},
        ),
        missing_data=report(
            "reports/{cohort}/internal/figures/missing_data.png",
            caption="../report/missing_data.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "missing data", "kind": "figure"},
        ),
        other=expand(
            "reports/{{cohort}}/internal/figures/{figure}.{suffix}",
            figure=[
                "participant_flow",
                "mode_use",
                "alliance_trajectories",
                "missing_data",
            ],
            suffix=["pdf", "json"],
        ),
    log:
        "logs/{cohort}/figures_cohort.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("figures_cohort"),
        environment=study.environment,
    script:
        "../scripts/figures_cohort.py"


# REQUIRED INPUTS: the analysis tables, the results of the plan's own models and the estimates
# OUTPUTS: reports/{cohort}/internal/figures/: four figures of effects, PNG, PDF, JSON
rule figures_effects:
    input:
        tables=rules.derive.output.tables,
        results=expand(
            "data/processed/{{cohort}}/models/{model}.json", model=study.models
        ),
        estimates=rules.estimates.output.estimates,
        code=code("figures_effects"),
    output:
        effects_forest=report(
            "reports/{cohort}/internal/figures/effects_forest.png",
            caption="../report/effects_forest.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "effects of mode use", "kind": "figure"},
        ),
        attendance_over_mode_use=report(
            "reports/{cohort}/internal/figures/attendance_over_mode_use.png",
            caption="../report/attendance_over_mode_use.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "attendance over mode use", "kind": "figure"},
        ),
        completion_over_mode_use=report(
            "reports/{cohort}/internal/figures/completion_over_mode_use.png",
            caption="../report/completion_over_mode_use.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "completion over mode use", "kind": "figure"},
        ),
        dropout_survival=report(
            "reports/{cohort}/internal/figures/dropout_survival.png",
            caption="../report/dropout_survival.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": "drop-out", "kind": "figure"},
        ),
        other=expand(
            "reports/{{cohort}}/internal/figures/{figure}.{suffix}",
            figure=[
                "effects_forest",
                "attendance_over_mode_use",
                "completion_over_mode_use",
                "dropout_survival",
            ],
            suffix=["pdf", "json"],
        ),
    log:
        "logs/{cohort}/figures_effects.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        made_with=study.made_with("figures_effects"),
        environment=study.environment,
    script:
        "../scripts/figures_effects.py"
