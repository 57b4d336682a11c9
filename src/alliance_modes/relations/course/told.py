"""The numbers of one rating: every rule of alert on its ratings, and on those of noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist

import numpy as np

from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.measurement.intervals import Interval
from alliance_modes.relations.course.noise import ByChance
from alliance_modes.relations.course.rules import FALL, NEXT, Rules
from alliance_modes.relations.course.worth import Clients
from alliance_modes.relations.result import RelationAlert, RelationCheck, RelationEstimate, RelationPoint

BY_NOISE, NORMAL = "_by_noise", "_normal_limits"
COVERAGE, PER_RATING, OF_CLIENTS = "coverage", "alerts_per_rating", "clients_alerted"
HITS, LEAD, MORE = "hit_rate", "lead_sessions", "more_before_drop_out"
UNITS = {
    COVERAGE: "share of ratings in the band",
    PER_RATING: "share of ratings",
    OF_CLIENTS: "share of clients with one or more",
    HITS: "share of drop-outs with one in time",
    LEAD: "sessions from the first alert to the last session, of drop-outs with one in time",
    MORE: "share of ratings: of drop-outs less of completers",
}
NONE_SUCH = {
    HITS: "nobody with a rating dropped out",
    LEAD: "nobody who dropped out had an alert in time",
    MORE: "of those with a rating, nobody dropped out or nobody completed",
}
"""Why there is no such number."""

COURSE, FROM_EARLIER = "expected", "expected_from_earlier"
"""The series of points of the course that is expected of the clients of a cohort, with its band; the second
where it is from earlier cohorts."""

CLOSE = 0.02
"""How far the coverage of held-out ratings may be from what the band is made for."""


@dataclass(frozen=True)
class Told:
    """The numbers of one rating; ``by_chance`` are those of noise by rule of alert."""

    part: str
    rules: Rules
    clients: Clients
    by_chance: Mapping[str, ByChance] = field(repr=False)

    @cached_property
    def given(self) -> Mapping[str, np.ndarray]:
        """By rule, which ratings of the cohort have an alert."""
        values = self.rules.found.rows["value"].to_numpy()[:, None]
        return {name: alerts[:, 0] for name, alerts in self.rules.alerts(values).items()}

    def estimates(self) -> Iterator[RelationEstimate]:
        """Coverage of the bands, alerts, hits and lead time by rule, and the same of noise."""
        for name, held in self.rules.held().items():
            yield self._row(name, COVERAGE, self.clients.share_of_ratings(held))
        yield from self._normal()
        for name, alerts in self.given.items():
            chance, lead = self.by_chance[name], self._lead(alerts)
            yield self._row(name, PER_RATING, self.clients.share_of_ratings(alerts))
            yield self._noise(name, PER_RATING, chance.per_rating)
            alerted = self.clients.alerted(alerts[:, None])[:, 0]
            yield self._row(name, OF_CLIENTS, self.clients.share(alerted))
            yield self._noise(name, OF_CLIENTS, chance.of_clients)
            yield self._row(name, HITS, self.clients.share(self._hit(lead), self.clients.dropped_out))
            if self.clients.dropped_out.any():
                yield self._noise(name, HITS, chance.hits(self.rules.settings.sessions_left))
            hit = self._hit(lead) & self.clients.dropped_out
            yield self._row(name, LEAD, self.clients.mean_lead(lead, hit))
            yield self._row(name, MORE, self.clients.more_before_drop_out(alerts))

    def _normal(self) -> Iterator[RelationEstimate]:
        """The next rating's band with limits of a normal distribution, as the model has it: the usual way."""
        errors, covered = self.rules.own[NEXT], self.rules.settings.covered
        reach = NormalDist().inv_cdf((1.0 + covered) / 2.0)
        held, below = np.abs(errors) <= reach, errors < -reach
        yield self._row(NEXT, COVERAGE, self.clients.share_of_ratings(held), NORMAL)
        yield self._row(NEXT, PER_RATING, self.clients.share_of_ratings(below), NORMAL)

    def checks(self) -> Iterator[RelationCheck]:
        """Whether held-out ratings keep the band, and hits are more than chance gives."""
        yield self._coverage()
        gone = self.clients.dropped_out
        if not gone.any():
            yield RelationCheck(
                part=self.part,
                check="hits_beyond_noise",
                result="not_checked",
                detail="nobody with a rating dropped out",
            )
            return
        hits = float(self._hit(self._lead(self.given[NEXT]))[gone].mean())
        high = float(np.quantile(self.by_chance[NEXT].hits(self.rules.settings.sessions_left), 0.975))
        detail = f"{100 * hits:.0f} % of drop-outs had an alert in time, in noise up to {100 * high:.0f} %"
        yield self._check("hits_beyond_noise", hits > high, detail)

    def _coverage(self) -> RelationCheck:
        """Ratings of a cohort of its own can be too few to tell; those of one that is left out in turn are
        enough, by ``ratings_at_least``."""
        covered = self.rules.settings.covered
        held = self.clients.share_of_ratings(self.rules.held()[NEXT])
        close = abs(held.estimate - covered) <= CLOSE
        detail = f"{100 * held.estimate:.1f} % in the band"
        if close or self.rules.before is None or not held.low <= covered <= held.high:
            return self._check("held_out_coverage", close, detail)
        detail = f"{detail}: too few ratings to tell that from {100 * covered:g} %"
        return RelationCheck(part=self.part, check="held_out_coverage", result="not_checked", detail=detail)

    def points(self) -> Iterator[RelationPoint]:
        """The course of all clients with its band by session, and hits by how many sessions were left."""
        rows, band = self.rules.found.rows, self.rules.bands[NEXT]
        edges = rows.assign(
            low=self.rules.expected + band.low * self.rules.found.own_sd,
            high=self.rules.expected + band.high * self.rules.found.own_sd,
        )
        means = edges.groupby(SESSION_NO)[["expected", "low", "high"]].mean()
        for session, expected, low, high in means.itertuples():
            yield self._point(
                COURSE if self.rules.before is None else FROM_EARLIER, session, expected, low, high
            )
        gone = self.clients.dropped_out
        if not gone.any():
            return
        for name in (one for one in (NEXT, FALL) if one in self.given):
            own = self._lead(self.given[name])[gone]
            for left in range(int(max(own.max(), 0.0)) + 1):
                by_noise = self.by_chance[name].hits(left)
                yield self._point(name, left, float((own >= left).mean()))
                low, high = np.quantile(by_noise, [0.025, 0.975])
                yield self._point(f"{name}{BY_NOISE}", left, float(by_noise.mean()), low, high)

    def alerts(self) -> Iterator[RelationAlert]:
        """Every rating below the band that knows the earlier ones."""
        rows, sd = self.rules.found.rows, self.rules.found.own_sd
        for place in np.flatnonzero(self.given[NEXT]):
            expected = float(self.rules.expected[place])
            yield RelationAlert(
                part=self.part,
                enrolment_id=str(rows[ENROLMENT_ID].iloc[place]),
                session_no=int(rows[SESSION_NO].iloc[place]),
                value=float(rows["value"].iloc[place]),
                expected=expected,
                low=expected + float(self.rules.bands[NEXT].low[place] * sd[place]),
            )

    def _lead(self, alerts: np.ndarray) -> np.ndarray:
        return self.clients.lead(alerts[:, None])[:, 0]

    def _hit(self, lead: np.ndarray) -> np.ndarray:
        return lead >= self.rules.settings.sessions_left

    def _row(self, term: str, estimand: str, found: Interval, ending: str = "") -> RelationEstimate:
        if not np.isfinite(found.estimate):
            reason = NONE_SUCH.get(estimand, "no rated client")
            return RelationEstimate(
                part=self.part, term=term, estimand=estimand, status="not_estimated", reason=reason
            )
        low, high = (None if np.isnan(limit) else float(limit) for limit in (found.low, found.high))
        return RelationEstimate(
            part=self.part, term=term, estimand=estimand + ending, unit=UNITS[estimand], n=found.n,
            estimate=found.estimate, ci_low=low, ci_high=high,
        )  # fmt: skip

    def _noise(self, term: str, estimand: str, drawn: np.ndarray) -> RelationEstimate:
        low, high = (float(limit) for limit in np.quantile(drawn, [0.025, 0.975]))
        return RelationEstimate(
            part=self.part, term=term, estimand=estimand + BY_NOISE, unit=UNITS[estimand],
            estimate=float(drawn.mean()), ci_low=low, ci_high=high, n=len(drawn),
        )  # fmt: skip

    def _check(self, name: str, passed: bool, detail: str) -> RelationCheck:
        return RelationCheck(part=self.part, check=name, result="pass" if passed else "fail", detail=detail)

    def _point(
        self, series: str, x: float, estimate: float, low: float | None = None, high: float | None = None
    ) -> RelationPoint:
        limits = [None if limit is None or not np.isfinite(limit) else float(limit) for limit in (low, high)]
        return RelationPoint(
            part=self.part, series=series, x=float(x), estimate=estimate, ci_low=limits[0], ci_high=limits[1]
        )
