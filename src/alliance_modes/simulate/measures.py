"""Truth about measurement: item parameters, who answers, how long it takes, what is missing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.simulate.values import Count, Deviation, Share

Discrimination = Annotated[float, Field(gt=0)]


class GradedItems(Closed):
    """A graded response model: P(X >= c) = logistic(discrimination x (latent - location - step of c)).

    A reversed item is answered so that it comes out right once it is reversed.
    """

    discrimination: tuple[Discrimination, ...] = Field(description="one per item")
    location: tuple[float, ...] = Field(description="one per item, added to every step")
    steps: tuple[float, ...] = Field(description="one per category above the lowest, increasing")


class Items(Closed):
    """Item parameters by instrument; the client's and the practitioner's inventory must be among them."""

    modes_of_practice: GradedItems
    session_engagement: GradedItems
    wai_sr: GradedItems | None = None
    wai_36: GradedItems | None = None
    wai_s: GradedItems | None = None


class SessionRating(Closed):
    """The client's four lines: 10 x logistic(level + slope x (alliance + noise)), to one decimal."""

    level: float
    slope: float
    noise_sd: Deviation


class Duration(Closed):
    """Time taken: log-normal seconds per item, never below ``shortest``."""

    seconds_per_item: Annotated[float, Field(gt=0)]
    log_sd: Deviation
    shortest: Annotated[float, Field(gt=0)]


class Responses(Closed):
    """Instruments, item parameters and missing answers."""

    client_inventory: Literal["wai_sr", "wai_36", "wai_s"]
    practitioner_inventory: Literal["wai_36", "wai_s"]
    client_answers: Share = Field(description="share of due inventories that clients fill in")
    practitioner_answers: Share = Field(description="share of due inventories that practitioners fill in")
    session_rating_answers: Share = Field(description="share of attended sessions that clients rate")
    item_missing: Share = Field(description="share of single answers left out")
    duration: Duration
    session_rating: SessionRating
    items: Items


class ExactDuplicates(Closed):
    """Records exported twice."""

    enrolments: Count = 0
    sessions: Count = 0
    client_inventories: Count = 0
    practitioner_inventories: Count = 0
    survey: Count = 0


class Corrected(Closed):
    """Records entered twice, the second time with one field put right."""

    enrolments: Count = 0
    sessions: Count = 0
    client_inventories: Count = 0


class Careless(Closed):
    """Questionnaires answered without reading."""

    longstring: Count = Field(default=0, description="one answer throughout")
    random: Count = Field(default=0, description="answers at random")
    fast: Count = Field(default=0, description="under a second per item, answers at random")
    failed_check: Count = Field(
        default=0, description="the attention check answered wrongly, other answers at random"
    )


class Orphans(Closed):
    """Records of enrolments that are not in the export."""

    sessions: Count = 0
    client_inventories: Count = 0


class Contradictions(Closed):
    """Records that cannot be right."""

    end_before_start: Count = Field(default=0, description="enrolments that end before they start")
    session_after_end: Count = Field(default=0, description="sessions dated a year after the enrolment's end")
    attended_over_planned: Count = Field(default=0, description="more sessions attended than planned")
    attended_not_started: Count = Field(default=0, description="status 'not started' with sessions attended")
    commencement_not_started: Count = Field(
        default=0, description="a commencement date for one who never started"
    )


class MissingCodes(Closed):
    """Shares of the missing cells that are exported as a code and not as an empty cell."""

    survey: Share = 0
    enrolments: Share = 0
    sessions: Share = 0
    client_inventories: Share = 0
    practitioner_inventories: Share = 0


class Untidy(Closed):
    """What is wrong with the exports: numbers of records, none by default."""

    duplicates: ExactDuplicates = ExactDuplicates()
    corrected: Corrected = Corrected()
    careless_survey: Careless = Careless()
    careless_client: Careless = Careless()
    orphans: Orphans = Orphans()
    contradictions: Contradictions = Contradictions()
    missing_codes: MissingCodes = MissingCodes()
    typed_labels_survey: Count = Field(default=0, description="survey answers typed out ('often' for 4)")
    typed_labels_attended: Count = Field(default=0, description="attendance typed out ('yes' for 1)")
    day_first_site: bool = Field(default=False, description="one site writes its session dates day first")
    semicolon_site: bool = Field(
        default=False, description="one site's sessions: own file, ';' and decimal commas"
    )
    direct_identifiers: bool = Field(
        default=False, description="names, birth dates, e-mails, notes that name people"
    )
