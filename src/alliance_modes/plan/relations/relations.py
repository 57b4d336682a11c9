"""The relational analyses of a plan: each is off, or exploratory."""

from __future__ import annotations

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.relations.balance import Balance
from alliance_modes.plan.relations.cohorts import Cohorts
from alliance_modes.plan.relations.course import Course
from alliance_modes.plan.relations.curvature import Curvature
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.plan.relations.lagged import Lagged
from alliance_modes.plan.relations.mediation import Mediation
from alliance_modes.plan.relations.moderators import Moderators
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.plan.relations.settings import RelationSettings
from alliance_modes.plan.relations.specifications import Specifications


class Relations(Closed):
    """Relational analyses, each ``exploratory`` or ``off`` by its ``claim``; docs/relations/ says how."""

    balance: Balance = Balance()
    mediation: Mediation = Mediation()
    lagged: Lagged = Lagged()
    dyad: Dyad = Dyad()
    rupture: Rupture = Rupture()
    moderators: Moderators = Moderators()
    facets: Facets = Facets()
    curvature: Curvature = Curvature()
    cohorts: Cohorts = Cohorts()
    specifications: Specifications = Specifications()
    course: Course = Course()
    plasmode: Plasmode = Plasmode()

    @property
    def made(self) -> dict[str, RelationSettings]:
        """Settings of those that are made of each cohort, by name, in their order; ``cohorts`` is of all."""
        every = {name: getattr(self, name) for name in type(self).model_fields if name != "cohorts"}
        return {name: one for name, one in every.items() if one.claim != "off"}
