"""``alliance-modes``: the command line. Everything it runs is a target of the workflow."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alliance_modes import __version__
from alliance_modes.ground.errors import AllianceModesError
from alliance_modes.ground.machine import machine_problem


class Commands(click.Group):
    """Commands whose errors are one message for a person and exit status 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; show what a person can mend, whole and once."""
        try:
            return super().invoke(context)
        except AllianceModesError as error:
            click.echo(f"alliance-modes: {error}", err=True)
            sys.exit(1)
        except (OSError, MemoryError) as error:
            told = machine_problem(error)
            if not told:
                raise
            click.echo(f"alliance-modes: {told}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("\nstopped; the same command goes on from here", err=True)
            sys.exit(130)


def _examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        "alliance-modes new-cohort north ~/exports/2024/ --ask",
        "alliance-modes check north",
        "alliance-modes run north --open",
    ),
)
@click.version_option(__version__, prog_name="alliance-modes")
def main() -> None:
    """From questionnaire and programme data to estimates and a report.

    Run the commands in the folder of a study or of the project, the one that holds the Snakefile;
    new-study makes one.
    """


@main.command(
    "run",
    epilog=_examples(
        "alliance-modes run                     every cohort of config/config.yaml",
        "alliance-modes run north --open        one cohort; its report in the browser",
        "alliance-modes run north --cores 1     one job at a time, where memory is short",
    ),
)
@click.argument("cohorts", nargs=-1)
@click.option(
    "--cores",
    type=click.IntRange(min=1),
    help="Jobs that run side by side (default: one for each core of this machine).",
)
@click.option(
    "--memory",
    metavar="GB",
    type=click.FloatRange(min=0.5),
    help="Memory that jobs side by side may take together (default: 2 GB for each core).",
)
@click.option("--open", "opened", is_flag=True, help="Open the reports when they are made.")
def run_command(cohorts: tuple[str, ...], cores: int | None, memory: float | None, opened: bool) -> None:
    """Make what is not up to date for COHORTS (default: those in config/config.yaml)."""
    from alliance_modes.running.program import collect_rarely

    collect_rarely()
    from alliance_modes.running.checks import check_before_run, check_project
    from alliance_modes.running.launch import run
    from alliance_modes.running.workflow import snakemake

    check_project(Path())
    with snakemake() as start:
        study = check_before_run(cohorts)
        click.echo(f"Alliance Modes {__version__} · {', '.join(study.cohorts)}")
        reports = run(study, click.echo, start, cores, memory)
    for report in reports if opened else ():
        click.launch(report.resolve().as_uri())


@main.command(
    "status",
    epilog=_examples(
        "alliance-modes status                  every cohort of config/config.yaml",
        "alliance-modes status north            one cohort",
        "alliance-modes status north --check    for scripts: ends with status 1 unless it is up to date",
    ),
)
@click.argument("cohorts", nargs=-1)
@click.option("--check", is_flag=True, help="End with status 1 where a run would have something to do.")
def status_command(cohorts: tuple[str, ...], check: bool) -> None:
    """Say what would run again and why, and which results of COHORTS may be relied on now.

    Nothing is made, changed or removed. While a run is under way nothing can be said.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.status import at_work, status, told

    check_project(Path())
    process = at_work()
    if process is not None:
        click.echo(f"a run is under way (process {process}): what holds is known when it has ended")
        sys.exit(1 if check else 0)
    found = status(cohorts)
    for line in told(found):
        click.echo(line)
    if check and not all(one.up_to_date for one in found):
        sys.exit(1)


@main.command(
    "new-study",
    epilog=_examples(
        "alliance-modes new-study ~/studies/north    plan, configuration, and a small simulated cohort",
        "cd ~/studies/north && alliance-modes run",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
def new_study_command(folder: Path) -> None:
    """Make FOLDER a study: a place to work in, without a clone of the project.

    It uses the workflow of the installed package. Nothing is overwritten.
    """
    from alliance_modes.running.new_study import new_study

    for line in new_study(folder):
        click.echo(line)


@main.command(
    "new-cohort",
    epilog=_examples(
        "alliance-modes new-cohort north ~/exports/2024/               a folder of exports, copied",
        "alliance-modes new-cohort north visits.csv survey.sav --ask   files; then its questions",
        "alliance-modes new-cohort north --in-place ~/exports/2024/    files that stay where they are",
    ),
)
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--in-place",
    "in_place",
    type=click.Path(path_type=Path),
    help="Folder in which the files stay; they are not copied.",
)
@click.option("--ask", is_flag=True, help="Ask the open questions one by one, then check.")
def new_cohort_command(name: str, files: tuple[Path, ...], in_place: Path | None, ask: bool) -> None:
    """Copy raw FILES to data/raw/NAME and draft its cohort.yaml.

    FILES are exports (CSV, Excel, SPSS, Stata, Parquet, REDCap, Qualtrics, LimeSurvey, Kobo) or folders of
    them. The draft says how sure each entry is, and asks what it could not decide. Nothing is
    overwritten.
    """
    from alliance_modes.drafting.folder import new_cohort
    from alliance_modes.running.checks import check_project

    check_project(Path())
    drafted = new_cohort(name, files, in_place)
    for line in drafted.files if ask else drafted.lines:
        click.echo(line)
    if ask:
        _ask(name)


@main.command("answer", epilog=_examples("alliance-modes answer north"))
@click.argument("cohort")
def answer_command(cohort: str) -> None:
    """Ask what the draft of COHORT leaves open, one by one, write the answers, then check."""
    from alliance_modes.running.checks import check_project

    check_project(Path())
    _ask(cohort)


@main.command(
    "check",
    epilog=_examples("alliance-modes check north", "alliance-modes check north --html ~/Desktop/north.html"),
)
@click.argument("cohort")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page goes (default: reports/COHORT/check.html).",
)
def check_command(cohort: str, page: Path | None) -> None:
    """Read the raw files of COHORT and list everything that is wrong, here and as a page."""
    from alliance_modes.running.checks import check_project

    check_project(Path())
    _check(cohort, page)


@main.command(
    "release",
    epilog=_examples(
        "alliance-modes release north            record that reports/north/release/ is handed over",
        "alliance-modes release north --check    look at that folder, and record nothing",
    ),
)
@click.argument("cohort")
@click.option("--check", is_flag=True, help="Look for what must not leave, and record nothing.")
def release_command(cohort: str, check: bool) -> None:
    """Record that the release folder of COHORT is handed over.

    What it publishes is kept in data/released/COHORT/, so that no later release can be set beside it to
    work out what both withhold. A folder that was changed by hand, or is older than what it is made of, is
    refused.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.handing_over import check_release, hand_over

    check_project(Path())
    if check:
        for line in check_release(cohort):
            click.echo(line)
        return
    entry = hand_over(cohort, click.echo)
    click.echo(f"recorded as handed over: {entry}")
    click.echo("keep that file as long as the data: later releases are protected with it")


@main.command(
    "crate",
    epilog=_examples(
        "alliance-modes crate north                          the release of north with how it was made",
        "alliance-modes crate north --licence https://creativecommons.org/licenses/by/4.0/",
    ),
)
@click.argument("cohort")
@click.option(
    "--licence", default="", metavar="ADDRESS", help="Licence of the results (default: none is given)."
)
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Day of publication that it gives, year-month-day (default: that of the data lock).",
)
def crate_command(cohort: str, licence: str, published: datetime | None) -> None:
    """Pack the release of COHORT with the plan, the code and every step that made it.

    Writes reports/COHORT/crate/, a Workflow Run RO-Crate that archives and other programs can read. Raw
    files and tables with rows of people are not in it: they appear by their digests.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.crate.write import write_crate

    check_project(Path())
    write_crate(cohort, published.date() if published else None, licence, click.echo)


@main.command(
    "withdraw",
    epilog=_examples(
        "alliance-modes withdraw north                        type the number when asked",
        "alliance-modes withdraw north --id-file ~/gone.txt   several, one in each line",
        "alliance-modes withdraw north --check                say what holds the person, change nothing",
        "alliance-modes withdraw north --prove                search again for everybody taken out so far",
    ),
)
@click.argument("cohort")
@click.option("--id", "keyed", multiple=True, metavar="KEYED", help="An id as results have it (16 digits).")
@click.option(
    "--id-file",
    "file",
    type=click.File(encoding="utf-8"),
    help="Numbers as the raw files have them, one in each line (- for standard input).",
)
@click.option("--client", "kind", flag_value="client", help="The number is a client's.")
@click.option("--enrolment", "kind", flag_value="enrolment", help="Take out this one enrolment alone.")
@click.option("--practitioner", "kind", flag_value="practitioner", help="The number is a practitioner's.")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the withdrawal, as 2026-11-30 (default: today)."
)
@click.option("--check", is_flag=True, help="Say what holds the person, and change nothing.")
@click.option("--prove", is_flag=True, help="Search again for everybody who was taken out so far.")
def withdraw_command(cohort: str, keyed: tuple[str, ...], file: Any, kind: Any, **given: Any) -> None:
    """Take a person out of COHORT, make all results again, and search for what is left of them.

    The number of a client or an enrolment is typed when asked, and not shown: in the command it would stay in
    the history of the terminal. With a client go all enrolments. The results are removed first. Which
    releases held the person is told. Raw files are not changed: the person's rows are left out of what is
    read, and the command says where they still are.
    """
    from datetime import date

    from alliance_modes.running.checks import check_project
    from alliance_modes.running.withdrawal.command import look, withdraw
    from alliance_modes.running.withdrawal.people import Given

    check_project(Path())
    people = [Given(text, True, kind or "", "--id") for text in keyed]
    people += [Given(text, False, kind or "", place) for place, text in _numbers(file)]
    if not people and not given["prove"]:
        people = [Given(_unseen("Number of the person, as the raw files have it: "), False, kind or "")]
    if given["check"]:
        look(cohort, people, click.echo)
        return
    day = given["on"].date() if given["on"] else date.today()
    path = withdraw(cohort, people, day, click.echo, _make)
    click.echo(f"nothing of them is left in the results; certificate: {path}")


def _numbers(file: Any) -> list[tuple[str, str]]:
    """The lines of a file of numbers that hold one, each with its place."""
    lines = enumerate(file or (), 1)
    return [(f"line {number} of {file.name}", line.strip()) for number, line in lines if line.strip()]


def _unseen(prompt: str) -> str:
    """One line that is typed and not shown; where nobody types, a line of standard input."""
    from getpass import getpass

    from alliance_modes.ground.errors import IdentityError

    try:
        return getpass(prompt).strip() if sys.stdin.isatty() else input().strip()
    except EOFError:
        raise IdentityError("no number was given\n    -> Type it when asked, or give --id-file.") from None


def _make(cohorts: Sequence[str]) -> None:
    from alliance_modes.running.checks import check_before_run
    from alliance_modes.running.launch import run
    from alliance_modes.running.workflow import snakemake

    with snakemake() as start:
        run(check_before_run(cohorts), click.echo, start)


def _ask(cohort: str) -> None:
    """The conversation, ended by ``check``; stopped before its end, the answers stay."""
    from alliance_modes.cohort import COHORT_FILE
    from alliance_modes.drafting.conversation import converse
    from alliance_modes.drafting.opening import not_right
    from alliance_modes.running.config import choose_cohorts, load_config

    config = load_config()
    (cohort,) = choose_cohorts(config, [cohort])
    path = config.folder(cohort) / COHORT_FILE
    kept = f"\nwhat was answered stands in {path}; go on with: alliance-modes answer {cohort}"
    try:
        given = converse(path, _typed, click.echo)
    except KeyboardInterrupt:
        click.echo(kept, err=True)
        sys.exit(130)
    except EOFError:
        click.echo(f"\nthere are no more answers, but a question{kept}", err=True)
        sys.exit(1)
    click.echo(f"\n{given} answers written into {path}" if given else f"{path} leaves nothing open")
    wrong = not_right(path)
    if wrong:
        click.echo(f"{wrong} guesses are not right: mend them in {path}, then alliance-modes check {cohort}")
    _check(cohort, None)


def _typed(prompt: str) -> str:
    """One line of standard input, shown where nobody types it."""
    typed = input(prompt)
    if not sys.stdin.isatty():
        click.echo(typed)
    return typed


def _check(cohort: str, page: Path | None) -> None:
    from alliance_modes.running.checks import check_data

    checked = check_data(cohort, page)
    first, *rest = checked.lines
    click.echo(f"alliance-modes: {first}" if checked.problems else first, err=checked.problems > 0)
    for line in rest:
        click.echo(line, err=checked.problems > 0)
    if checked.problems:
        sys.exit(1)


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


@main.command(
    "design",
    epilog=_examples(
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


@main.command(
    "survey",
    epilog=_examples(
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
    asked = AskedSurvey(instruments=instruments.split(","), data_lock=data_lock.date(), **given)
    for line in make_survey(asked):
        click.echo(line)


@main.command(
    "check-dictionary",
    epilog=_examples("alliance-modes check-dictionary forms/north/data_dictionary_en.csv"),
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


@main.command(
    "pseudonyms",
    epilog=_examples(
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


@main.command(
    "protocol",
    epilog=_examples(
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


@main.command(
    "rehearse",
    epilog=_examples(
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


@main.command(
    "verify",
    epilog=_examples(
        "alliance-modes verify published/demo_2024               does its cohort give these numbers again?",
        "alliance-modes verify published/ours --cohort north     another cohort's numbers",
        "alliance-modes verify                                   every folder of published/",
    ),
)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, file_okay=False))
@click.option("--cohort", help="The cohort to run, in place of the one that the study names.")
def verify_command(folders: tuple[Path, ...], cohort: str | None) -> None:
    """Say of each published number whether it comes out again (default: all studies in published/).

    FOLDERS hold expected.csv: quantity, value, digits or tolerance, where. What is not up to date is made
    first. Ends with status 1 where a number differs or cannot be computed. The report is in reports/_verify/.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.verifying import EXPECTED, PUBLISHED, verify

    check_project(Path())

    every = folders or tuple(path.parent for path in sorted(PUBLISHED.glob(f"*/{EXPECTED}")))
    if not all([verify(folder, cohort, lambda name: _make([name]), click.echo) for folder in every]):
        raise SystemExit(1)


@main.command(
    "freeze",
    epilog=_examples(
        "alliance-modes freeze demo_2024 published/demo_2024",
        "alliance-modes freeze north published/ours --table estimates --table flow",
    ),
)
@click.argument("cohort")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--table", "tables", multiple=True, help="A table of docs/tables.md (default: those papers print)."
)
def freeze_command(cohort: str, folder: Path, tables: tuple[str, ...]) -> None:
    """Write down the numbers of COHORT's last run in FOLDER, for a publication: verify compares with them."""
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.verifying import freeze

    check_project(Path())
    freeze(cohort, folder, tables, click.echo)


@main.command(
    "diff",
    epilog=_examples(
        "alliance-modes diff ~/kept/north-2024-06/internal reports/north/internal",
        "alliance-modes diff before after --to moved.csv",
    ),
)
@click.argument("before", type=click.Path(path_type=Path, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="Every number that moved, as CSV."
)
def diff_command(before: Path, after: Path, to: Path | None) -> None:
    """Say which numbers of two runs of a cohort differ, and what changed: data, plan, code, software.

    BEFORE and AFTER are reports/<cohort>/internal of a run, or copies of it.
    """
    from alliance_modes.running.verifying import compare_runs

    compare_runs(before, after, to, click.echo)


@main.command(
    "simulate",
    epilog=_examples(
        "alliance-modes simulate data/raw/demo_2024/truth.yaml data/raw/trial --enrolments 200",
        "alliance-modes run trial",
    ),
)
@click.argument("truth", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--enrolments", type=click.IntRange(min=1), help="Size, in place of the one in TRUTH.")
def simulate_command(truth: Path, folder: Path, enrolments: int | None) -> None:
    """Write a cohort FOLDER simulated from the parameters in TRUTH (a YAML file).

    The folder's name is the name of the cohort; a folder that holds something is not written to.
    """
    from alliance_modes.running.checks import check_new_folder
    from alliance_modes.simulate import load_truth, write_cohort

    check_new_folder(folder)
    written = load_truth(truth).with_size(enrolments) if enrolments else load_truth(truth)
    write_cohort(written, folder, folder.resolve().name)
    click.echo(
        f"simulated cohort {folder.resolve().name}: {written.sizes.enrolments:,} enrolments in {folder}"
    )


if __name__ == "__main__":
    main()
