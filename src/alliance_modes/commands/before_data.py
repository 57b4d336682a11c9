"""What comes before data: how many, by which forms, under which pseudonyms and plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alliance_modes.commands.group import examples


class Numbers(click.ParamType):
    """Whole numbers with commas between them: ``15,25,40``."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers, each once, in the order given."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(dict.fromkeys(int(part) for part in str(value).split(",")))
        except ValueError:
            self.fail(
                f"{value!r} is not a whole number, nor several with commas between: 15,25,40", param, ctx
            )


@click.command(
    "design",
    epilog=examples(
        "alliance-modes design                                   15 to 60 practitioners, 20 clients each",
        "alliance-modes design --sites 6 --practitioners 5,8     6 sites with 5 or with 8 practitioners each",
        "alliance-modes design --points 8 --completion 45        8 points; 45 of 100 complete",
        "alliance-modes design --draws 320                       three times as exact, in ten times the time",
    ),
)
@click.option(
    "--sites", type=Numbers(), default="3,5,8,12", show_default=True, help="Sites: one or several numbers."
)
@click.option(
    "--practitioners", type=Numbers(), default="5", show_default=True, help="Practitioners at each site."
)
@click.option(
    "--clients", type=Numbers(), default="20", show_default=True, help="Clients of each practitioner."
)
@click.option("--points", type=float, help="Effect to be found, in percentage points per SD of a mode.")
@click.option("--odds-ratio", type=float, help="The same as an odds ratio per SD of a mode (default: 1.5).")
@click.option("--sds", type=float, help="Effect on ratings, in their SDs per SD of a mode (default: 0.2).")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="MODEL.OUTCOME",
    help="An outcome of the plan (default: the first primary one of each model).",
)
@click.option("--completion", type=float, metavar="PERCENT", help="How many of 100 who start complete.")
@click.option("--attendance", type=float, metavar="PERCENT", help="How many of 100 sessions are attended.")
@click.option(
    "--between-practitioners",
    type=float,
    metavar="SHARE",
    help="Share of an outcome's variance between practitioners (an ICC: .05, say).",
)
@click.option("--between-sites", type=float, metavar="SHARE", help="The same between sites.")
@click.option("--draws", type=int, default=32, show_default=True, help="Simulated studies of each size.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same files.",
)
@click.option(
    "--plan", type=click.Path(path_type=Path), help="Analysis plan (default: that of config/config.yaml)."
)
@click.option(
    "--truth",
    type=click.Path(path_type=Path),
    help="What people are simulated from (default: data/raw/demo_2024/truth.yaml).",
)
@click.option(
    "--cores", type=click.IntRange(min=1), help="Processes side by side (default: one for each core)."
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="reports/_design",
    show_default=True,
    help="Folder that the page, the table and the figure are written to.",
)
def design_command(cores: int | None, **given: Any) -> None:
    """Say what a study could show before it has any data: how many practitioners it would take.

    Studies of each size are simulated and analysed by the plan. What is not said is assumed as in the
    demonstration cohort, and the page says so. Gives the smallest difference that is found 8 of 10 times, the
    chance of finding a stated one, the width of its interval and the share of false alarms.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.planning import Asked, plan_study

    check_project(Path())
    given |= {
        "per_site": given.pop("practitioners"),
        "ratio": given.pop("odds_ratio"),
        "standardised": given.pop("sds"),
    }
    for line in plan_study(Asked(**given), cores, click.echo):
        click.echo(line)


@click.command(
    "survey",
    epilog=examples(
        "alliance-modes survey north --instruments modes_of_practice,wai_sr --data-lock 2027-06-30 --to new",
        "  … --for odk --language de --language en      another tool; German first, then English",
        "  … --wording ~/licensed/wai_sr.en.yaml        wording that a licence holder has filled in",
    ),
)
@click.argument("name")
@click.option(
    "--instruments", required=True, metavar="ID,ID…", help="Instruments, with commas (docs/instruments.md)."
)
@click.option("--for", "target", default="xlsform", show_default=True, help="Survey tool (docs/survey.md).")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), required=True, help="New folder for the forms."
)
@click.option(
    "--data-lock",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Last day that the data will speak of.",
)
@click.option("--title", default="", help="Title of the study (default: NAME).")
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=("en",),
    show_default=True,
    help="en, de, fr, es, nl, cy, or a file.",
)
@click.option(
    "--wording",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A filled-in wording file; may stand several times.",
)
@click.option("--without", multiple=True, metavar="RECORD", help="practitioners or sessions, kept elsewhere.")
@click.option(
    "--attention-check", "attention", is_flag=True, help="Put an item among the others that says its answer."
)
@click.option(
    "--protocol",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the study's protocol: every form carries its SHA-256.",
)
@click.option("--cohort", is_flag=True, help="Write cohort.yaml to data/raw/NAME.")
def survey_command(instruments: str, data_lock: Any, **given: Any) -> None:
    """Write the survey of study NAME from its instruments, and the cohort.yaml that reads its export.

    The forms say whose answers they are, when they were given and what they mean, so that the export that
    comes back needs no mapping. Nothing is overwritten.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.survey.making import AskedSurvey, make_survey

    check_project(Path())
    asked = AskedSurvey(
        instruments=[one.strip() for one in instruments.split(",")], data_lock=data_lock.date(), **given
    )
    for line in make_survey(asked):
        click.echo(line)


@click.command(
    "check-dictionary",
    epilog=examples("alliance-modes check-dictionary forms/north/data_dictionary_en.csv"),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--missing-code",
    "missing_codes",
    multiple=True,
    metavar="CODE",
    help="A missing data code of the project, which must be no answer (default: those that survey writes).",
)
def check_dictionary_command(file: Path, missing_codes: tuple[str, ...]) -> None:
    """Say which rules of REDCap its data dictionary FILE breaks, before it is uploaded.

    For a dictionary that survey wrote and somebody changed, or any other. Nothing is changed.
    """
    from alliance_modes.survey.redcap.rules import check_dictionary

    click.echo(check_dictionary(file, missing_codes))


@click.command(
    "pseudonyms",
    epilog=examples(
        "alliance-modes pseudonyms 300 --issued labels.txt     for clients, none of them given before",
        "alliance-modes pseudonyms 40 --kind practitioner",
    ),
)
@click.argument("number", type=click.IntRange(min=1, max=1_000_000))
@click.option("--kind", type=click.Choice(["client", "practitioner"]), default="client", show_default=True)
@click.option(
    "--issued",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the labels given so far: none is given again, and the new ones are added.",
)
@click.option(
    "--seed", type=int, help="The same labels again, for a test: labels of people are drawn without it."
)
def pseudonyms_command(number: int, kind: Any, issued: Path | None, seed: int | None) -> None:
    """Print NUMBER labels for people, each with a check character.

    A label that is mistyped in one sign, or with two neighbours exchanged, is no label: the form refuses
    it, and check names it. Which label is whose stays on a list that never comes into this project.
    """
    from alliance_modes.survey.labels import new_labels

    for label in new_labels(number, kind, issued, seed):
        click.echo(label)


@click.command(
    "protocol",
    epilog=examples(
        'alliance-modes protocol --title "Modes of practice, north 2027"     protocols/study/',
        "alliance-modes protocol --to protocols/north --statement recruitment.txt",
        "alliance-modes protocol --to protocols/north --dated 2027-01-15",
    ),
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="protocols/study",
    show_default=True,
    help="Folder that it is written to; it must not be there yet.",
)
@click.option("--title", default="Protocol", show_default=True, help="What stands over the document.")
@click.option("--statement", type=click.Path(path_type=Path), help="A text of the authors that goes in.")
@click.option("--dated", type=click.DateTime(["%Y-%m-%d"]), help="The day it bears (default: today).")
@click.option(
    "--plan", type=click.Path(path_type=Path), help="Analysis plan (default: that of config/config.yaml)."
)
def protocol_command(
    folder: Path, title: str, statement: Path | None, dated: datetime | None, plan: Path | None
) -> None:
    """Write the analysis plan down as a protocol, before there are data.

    A document (HTML, Word, PDF), protocol.json and a copy of the plan, with one SHA-256 over everything but
    the day. It says itself whether data had been analysed. Name its folder as protocol in
    config/config.yaml: the research report then lists every deviation.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.registering import register

    check_project(Path())
    made = register(folder, title, (dated or datetime.now()).date(), plan, statement)
    click.echo(f"written: {folder / 'protocol.html'} (and .docx, .pdf, protocol.json, plan.yaml)")
    click.echo(f"SHA-256 {made.sha256}")
    for one in made.analysed_before:
        click.echo(f"it says that it was written after data of {one.cohort} were analysed")
    click.echo(f"commit the folder, deposit the document, and write protocol: {folder} in config/config.yaml")


@click.command(
    "rehearse",
    epilog=examples(
        "alliance-modes rehearse north --practitioners 25",
        "alliance-modes run north_rehearsal",
    ),
)
@click.argument("name")
@click.option(
    "--practitioners", type=click.IntRange(min=2, max=5_000), default=25, show_default=True, help="How many."
)
@click.option(
    "--like",
    "truth",
    type=click.Path(path_type=Path),
    default=Path("data/raw/demo_2024/truth.yaml"),
    show_default=True,
    help="From what people are simulated (docs/generator.md).",
)
def rehearse_command(name: str, practitioners: int, truth: Path) -> None:
    """Answer the survey of cohort NAME with simulated people, before there are any data.

    Writes data/raw/NAME_rehearsal: the exports that the cohort.yaml of NAME reads, and a copy of it. Check
    and run it as any cohort: its reports show what the study will say. NAME itself is not touched.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.survey.rehearsal import rehearse

    check_project(Path())
    rehearsal, forms = rehearse(name, truth, practitioners)
    click.echo(f"cohort {rehearsal}: {forms:,} forms answered by simulated people, in data/raw/{rehearsal}")
    click.echo(f"then: alliance-modes check {rehearsal}")
