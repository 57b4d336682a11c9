"""The adapter to R's lme4: one model out as files, one R process, one answer back."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.engine.prepared import Prepared
from alliance_modes.models.result import Status
from alliance_modes.models.second_engines.rscript import QUIET, Lme4

PROGRAM = Path(__file__).with_name("lme4.R")
LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class Lme4Answer:
    """What lme4 found, coefficients by name; without numbers where ``status`` is not ok or singular.

    ``loglik`` is minus half the REML criterion of a linear model by REML. ``variances`` are those of the
    random effects (``practitioner:(Intercept)``) and of the residual (``Residual:``). ``warnings`` are R's
    own words. ``cpu_seconds`` is what the fit took of a processor, reading the rows not counted.
    """

    status: Status
    reason: str = ""
    beta: dict[str, float] = field(default_factory=dict)
    se: dict[str, float] = field(default_factory=dict)
    variances: dict[str, float] = field(default_factory=dict)
    loglik: float | None = None
    rows: int = 0
    cpu_seconds: float | None = None
    warnings: tuple[str, ...] = ()


def ask_lme4(
    asked: Prepared,
    distribution: Distribution,
    here: Lme4,
    *,
    nodes: int = 1,
    reml: bool = True,
    seconds: float = 60,
) -> Lme4Answer:
    """Fit one prepared model with lme4.

    Parameters
    ----------
    asked : Prepared
        The rows and the formula that glmm is given.
    distribution : Distribution
        Of the outcome: lmer where it is normal, else glmer.
    here : Lme4
        The program, from ``find_lme4``.
    nodes : int
        Quadrature nodes; 1 is Laplace.
    reml : bool
        Restricted maximum likelihood, for a linear model.
    seconds : float
        After which R is stopped.

    Returns
    -------
    Lme4Answer
        ``not_run`` where there is no lme4 or the model has no random effects; ``not_converged`` with R's
        message where R refused, failed or did not answer in time.

    Notes
    -----
    Optimiser bobyqa, else lme4's defaults. Rows go through a temporary folder that only this user can
    read and that is removed with the answer; levels of groupings are written as running numbers.
    """
    if not here.is_there:
        return Lme4Answer("not_run", here.reason)
    if not asked.groupings:
        return Lme4Answer("not_run", "the model has no random effects, which lme4 requires")
    with tempfile.TemporaryDirectory(prefix="alliance-modes-") as name:
        folder = Path(name)
        _numbered_levels(pd.DataFrame(asked.frame)).to_csv(folder / "rows.csv", index=False)
        question = {
            "formula": asked.formula,
            "distribution": distribution.name,
            "link": distribution.link.name,
            "nodes": nodes,
            "reml": "yes" if reml else "no",
        }
        text = "".join(f"{key}={value}\n" for key, value in question.items())
        (folder / "question.txt").write_text(text, encoding="utf-8")
        failure = _run(here.program, folder, seconds)
        return failure or _read(folder / "answer.csv", len(asked.frame))


def _numbered_levels(frame: pd.DataFrame) -> pd.DataFrame:
    levels = {name: frame[name].cat.codes for name in frame.columns if name.startswith("level_")}
    return frame.assign(**levels)


def _run(program: str, folder: Path, seconds: float) -> Lme4Answer | None:
    """Let R answer in ``folder``; what went wrong, or None."""
    message = folder / "messages.txt"
    with message.open("wb") as stream:
        process = subprocess.Popen(
            [program, *QUIET, str(PROGRAM), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C"},
            start_new_session=True,
        )
        try:
            ended = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Lme4Answer("not_converged", f"no answer within {seconds:g} s")
        finally:
            if process.poll() is None:  # too late, or this run is being stopped
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if ended or not (folder / "answer.csv").is_file():
        said = _in_short(message.read_text(encoding="utf-8", errors="replace"))
        return Lme4Answer("not_converged", f"R ended with status {ended}: {said or 'no message'}")
    return None


def _read(path: Path, rows: int) -> Lme4Answer:
    found: dict[str, dict[str, str]] = {"info": {}, "beta": {}, "se": {}, "variance": {}}
    warnings: list[str] = []
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] == "warning":
                warnings.append(_in_short(row["value"]))
            else:
                found[row["kind"]][row["name"]] = row["value"]
    info = found["info"]
    if "error" in info:
        return Lme4Answer("not_converged", _in_short(info["error"]), warnings=tuple(warnings))
    beta, se, variances = (
        {k: float(v) for k, v in found[kind].items()} for kind in ("beta", "se", "variance")
    )
    used = int(float(info["rows"]))
    bare = Lme4Answer(
        "not_estimated",
        f"lme4 used {used} of {rows} rows",
        rows=used,
        cpu_seconds=float(info["cpu_seconds"]),
        warnings=tuple(dict.fromkeys(warnings)),
    )
    if used != rows:
        return bare
    if info["converged"] != "yes" or not np.all(np.isfinite([*beta.values(), *se.values()])):
        reason = "; ".join(warnings) or "its optimiser did not converge"
        return replace(bare, status="not_converged", reason=reason)
    return replace(
        bare,
        status="singular" if info["singular"] == "yes" else "ok",
        reason="",
        beta=beta,
        se=se,
        variances={name.removeprefix("level_"): value for name, value in variances.items()},
        loglik=float(info["loglik"]),
    )


def _in_short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}…"
