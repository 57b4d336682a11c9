"""What a crate says of its files and of the run, as entities of a Workflow Run RO-Crate.

Profiles: Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5), with it Process and Workflow
Run Crate 0.5 and Workflow RO-Crate 1.0, on RO-Crate 1.1. No entity is a person or an organisation, and none
has a time: the same results have the same crate.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes import __version__
from alliance_modes.ground.files import sha256
from alliance_modes.ground.layout import RELEASE
from alliance_modes.running.crate.contents import FOLDERS, WORKFLOW, WRITTEN, Contents
from alliance_modes.running.held import Ran
from alliance_modes.running.installed import locked
from alliance_modes.running.study import LOCK_FILE

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

VERSION = "1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
COMPUTATIONAL = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
ENGINE, PYTHON = "https://snakemake.readthedocs.io/", "https://www.python.org/"
PACKAGE = "pkg:pypi/{name}@{version}"
"""What a Python package is called by programs that compare them (a package URL)."""

DONE = "http://schema.org/CompletedActionStatus"
RUN, ENGINE_RUN = "#run", "#engine-run"
NO_LICENCE = "#no-licence"
KINDS = {
    "": "text/plain", ".sha256": "text/plain", ".cff": "text/yaml", ".csv": "text/csv", ".html": "text/html",
    ".json": "application/json", ".lock": "text/plain", ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf", ".png": "image/png", ".py": "text/x-python", ".sh": "application/x-sh",
    ".toml": "application/toml", ".txt": "text/plain", ".yaml": "text/yaml", ".yml": "text/yaml",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip
"""Kinds of file by their endings; the system's own list is another one on another machine."""

OTHER_KIND = "application/octet-stream"
PARAMETERS = {
    "raw": ("raw files", "File"),
    "cohort": ("cohort.yaml: what the raw files are", "File"),
    "plan": ("the analysis plan", "File"),
    "release": ("what may leave the building", "Dataset"),
}


def described(contents: Contents, beside: Path, published: str, licence: str, commit: str) -> ROCrate:
    """The crate of a cohort's release, not written yet.

    Parameters
    ----------
    contents : Contents
        What is in it and what it tells of.
    beside : Path
        A folder of files that were written for the crate alone.
    published : str
        The day (ISO) that it gives as that of its publication.
    licence : str
        Address of the licence of the results; empty where there is none yet.
    commit : str
        That of the code, empty where it is not known.
    """
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(TERMS)
    crate.metadata["conformsTo"] = [{"@id": one} for one in (crate.metadata.profile, WORKFLOW_CRATE)]
    root = crate.root_dataset
    title = contents.cohort.title or contents.name
    root["name"] = f"{title}: released results, and how they were made"
    root["description"] = (
        f"The release edition of the results of the cohort {contents.name} (data lock "
        f"{contents.cohort.data_lock.isoformat()}), the analysis plan, the workflow and the run that made "
        "them. It holds no raw file, no table with rows of people and no internal report: of these it gives "
        "digests."
    )
    root["datePublished"] = published
    root["license"] = {"@id": _licence(crate, licence)}
    root["conformsTo"] = [{"@id": one} for one in PROFILES]
    for one, (name, version) in PROFILES.items():
        _add(crate, one, "CreativeWork", name=name, version=version)
    _add_files(crate, contents, beside)
    _add_workflow(crate, contents, commit)
    _add_run(crate, contents)
    return crate


def _licence(crate: ROCrate, licence: str) -> str:
    if licence:
        return _add(crate, licence, "CreativeWork", name="Licence of the results", url=licence)
    text = "No licence was given for the results. The code is under the licence in the file LICENSE."
    return _add(crate, NO_LICENCE, "CreativeWork", name="No licence of the results", description=text)


def _add(crate: ROCrate, identifier: str, kind: str | list[str], **properties: Any) -> str:
    from rocrate.model.contextentity import ContextEntity

    given = {"@type": kind} | {name: _plain(value) for name, value in properties.items()}
    crate.add(ContextEntity(crate, identifier, properties=given))
    return identifier


def _plain(value: Any) -> Any:
    """A list of one thing as that thing."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _add_files(crate: ROCrate, contents: Contents, beside: Path) -> None:
    """Every file that is held, and folders of code as such, whose files are in ``code.sha256``."""
    for one in sorted(beside.iterdir()):
        about = _about(one) | {"description": WRITTEN[one.name], "sha256": sha256(one)}
        crate.add_file(one, dest_path=one.name, properties=about)
    for path, place in contents.held.items():
        crate.add_file(path, dest_path=place, properties=_of_file(contents, path))
    released = crate.add_dataset(
        dest_path=f"{RELEASE}/",
        properties={"name": PARAMETERS["release"][0], "exampleOfWork": _ref("release")},
    )
    released["hasPart"] = [
        {"@id": contents.identifier(path)}
        for path, place in contents.held.items()
        if place.startswith(f"{RELEASE}/")
    ]
    for folder in FOLDERS:
        crate.add_dataset(
            dest_path=f"{folder}/", properties={"name": "code; digests of its files are in code.sha256"}
        )


def _of_file(contents: Contents, path: str) -> dict[str, Any]:
    """Name, size, kind and digest of a file; of what stays inside no size, and of a raw file no name."""
    name, value = contents.digest(path)
    known = {name: value} if name == "sha256" else {"identifier": f"{name}:{value}"}
    if path not in contents.held:
        return {"name": "raw file" if path in contents.raw else Path(path).name} | _kind(path) | known
    example = {"exampleOfWork": _ref("plan")} if path == contents.study.config.plan else {}
    return _about(Path(path)) | known | example


def _about(path: Path) -> dict[str, str]:
    return {"name": path.name, "contentSize": str(path.stat().st_size), **_kind(path)}


def _kind(path: str | Path) -> dict[str, str]:
    return {"encodingFormat": KINDS.get(Path(path).suffix, OTHER_KIND)}


def _ref(parameter: str) -> dict[str, str]:
    return {"@id": f"#{parameter}"}


def _add_workflow(crate: ROCrate, contents: Contents, commit: str) -> None:
    """The workflow, its language, what it needs, its parameters, its rules as steps and scripts as tools."""
    packages = locked(LOCK_FILE.read_text(encoding="utf-8")) if LOCK_FILE.is_file() else {}
    _add(crate, LANGUAGE, "ComputerLanguage", name="Snakemake", url={"@id": ENGINE})
    _add(
        crate, ENGINE, "SoftwareApplication", name="Snakemake", url=ENGINE, **_version(packages, "snakemake")
    )
    _add(
        crate, PYTHON, "SoftwareApplication", name="Python", url=PYTHON,
        softwareVersion=platform.python_version(),
        operatingSystem=f"{platform.system()} {platform.machine()}",
    )  # fmt: skip
    needs = [PYTHON]
    for name, version in packages.items():
        place = PACKAGE.format(name=name, version=version)
        needs.append(_add(crate, place, "SoftwareApplication", name=name, softwareVersion=version))
    rules = list(dict.fromkeys(ran.rule for ran in contents.jobs))
    properties: dict[str, Any] = {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "Alliance Modes",
        "version": f"{__version__} ({commit})" if commit else __version__,
        "conformsTo": {"@id": COMPUTATIONAL},
        "programmingLanguage": {"@id": LANGUAGE},
        "softwareRequirements": [{"@id": one} for one in needs],
        "input": [_ref("raw"), _ref("cohort"), _ref("plan")],
        "output": [_ref("release")],
        "hasPart": [{"@id": _script(rule)} for rule in rules],
        "step": [{"@id": f"#step/{rule}"} for rule in rules],
        "sha256": contents.code[WORKFLOW],
    }
    if "LICENSE" in contents.held.values():
        properties["license"] = {"@id": "LICENSE"}
    crate.root_dataset["mainEntity"] = crate.add_file(
        contents.code_files[WORKFLOW], dest_path=WORKFLOW, properties=properties
    )
    _add(crate, COMPUTATIONAL, "CreativeWork", name="ComputationalWorkflow", version="1.0-RELEASE")
    _add_steps(crate, contents, rules)


def _version(packages: Mapping[str, str], name: str) -> dict[str, str]:
    return {"softwareVersion": packages[name]} if name in packages else {}


def _add_steps(crate: ROCrate, contents: Contents, rules: list[str]) -> None:
    for place, rule in enumerate(rules, start=1):
        path = _script(rule)
        crate.add_file(
            contents.code_files[path],
            dest_path=path,
            properties={
                "@type": ["File", "SoftwareSourceCode"],
                "name": f"script of the rule {rule}",
                "version": __version__,
                "url": path,
                "programmingLanguage": {"@id": PYTHON},
                "sha256": contents.code[path],
            },
        )
        _add(
            crate, f"#step/{rule}", "HowToStep", name=rule, position=str(place), workExample={"@id": path}
        )  # fmt: skip


def _script(rule: str) -> str:
    return f"workflow/scripts/{rule}.py"


def _add_run(crate: ROCrate, contents: Contents) -> None:
    """What was run: each script on its inputs, and the whole of it as the engine saw it."""
    cohort_file, plan_files = (
        contents.study.cohort_file(contents.name),
        contents.study.plan_files(contents.name),
    )
    sources = [*contents.raw, cohort_file, *plan_files, *contents.study.instrument_files()]
    controls = [_add_job(crate, contents, ran) for ran in contents.jobs]
    _add(
        crate, RUN, "CreateAction", name=f"Run of the workflow on {contents.name}",
        description="From raw files to what may leave the building.", actionStatus=DONE,
        instrument={"@id": WORKFLOW}, object=_things(crate, contents, sources),
        result=[{"@id": f"{RELEASE}/"}],
    )  # fmt: skip
    _add(
        crate, ENGINE_RUN, "OrganizeAction", name="Snakemake's part in the run", actionStatus=DONE,
        instrument={"@id": ENGINE}, object=[{"@id": one} for one in controls], result={"@id": RUN},
    )  # fmt: skip
    examples = {
        "raw": list(contents.raw), "cohort": [cohort_file], "plan": [plan_files[0]],
    }  # fmt: skip
    for name, (called, kind) in PARAMETERS.items():
        work = _things(crate, contents, examples[name]) if name in examples else [{"@id": f"{RELEASE}/"}]
        _add(
            crate, f"#{name}", "FormalParameter", name=called, additionalType=kind, workExample=work,
            conformsTo={"@id": PARAMETER},
        )  # fmt: skip
    _add(crate, PARAMETER, "CreativeWork", name="FormalParameter", version="1.0-RELEASE")
    actions = [RUN, ENGINE_RUN, *(f"#job/{ran.job}" for ran in contents.jobs)]
    crate.root_dataset["mentions"] = [{"@id": one} for one in actions]


def _add_job(crate: ROCrate, contents: Contents, ran: Ran) -> str:
    action = f"#job/{ran.job}"
    made = list(ran.files) if ran.rule == RELEASE else list(ran.outputs)
    _add(
        crate, action, "CreateAction", name=ran.job, description=f"One run of the rule {ran.rule}.",
        actionStatus=DONE, instrument={"@id": _script(ran.rule)},
        object=_things(crate, contents, contents.told(ran.inputs)),
        result=_things(crate, contents, contents.told(made)),
    )  # fmt: skip
    return _add(
        crate, f"#control/{ran.job}", "ControlAction", name=f"step {ran.rule}", actionStatus=DONE,
        instrument={"@id": f"#step/{ran.rule}"}, object={"@id": action},
    )  # fmt: skip


def _things(crate: ROCrate, contents: Contents, paths: list[str]) -> list[dict[str, str]]:
    """References to files; one that is not held becomes an entity where it is met first."""
    for path in paths:
        identifier = contents.identifier(path)
        if path not in contents.held and identifier not in crate:
            example = {"exampleOfWork": _ref("raw")} if path in contents.raw else {}
            if path == contents.study.cohort_file(contents.name):
                example = {"exampleOfWork": _ref("cohort")}
            crate.add_file(identifier, properties=_of_file(contents, path) | example)
    return [{"@id": contents.identifier(path)} for path in paths]
