"""Canonical columns that code means by name, one and no other: each name stands in this place alone.

What holds for a kind of column is asked of the traits in ``canonical.yaml`` instead. ``rater`` and
``instrument`` are not here: they are words of every score and every result too.
"""

from __future__ import annotations

ENROLMENT_ID = "enrolment_id"
CLIENT_ID = "client_id"
PRACTITIONER_ID = "practitioner_id"
CO_PRACTITIONER_ID = "co_practitioner_id"
GROUP_ID = "group_id"
SITE_ID = "site_id"
PROGRAMME_ID = "programme_id"

REFERRED_ON = "referred_on"
STARTED_ON = "started_on"
ENDED_ON = "ended_on"
HELD_ON = "held_on"
COMPLETED_ON = "completed_on"

SESSION_NO = "session_no"
WAVE = "wave"
SESSIONS_PLANNED = "sessions_planned"
ATTENDED = "attended"
RUPTURE = "rupture"
RUPTURE_RESOLVED = "rupture_resolved"
SETTING = "setting"
ENROLMENT_STATUS = "status"
"""How an enrolment ended. The ``status`` of a result is another column."""

DURATION_SECONDS = "duration_seconds"
ATTENTION_CHECK = "attention_check"
