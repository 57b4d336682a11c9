"""What every test runs under: one thread, as in jobs, and the same examples each time."""

import os

from hypothesis import settings

from alliance_modes.running.jobs import JOB_ENVIRONMENT

os.environ.update(JOB_ENVIRONMENT)
settings.register_profile("same_each_time", derandomize=True, deadline=None)
settings.load_profile("same_each_time")
