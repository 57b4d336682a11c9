# make demo    the whole line on both demonstration cohorts; says where the reports are
# make overview  Snakemake's own report of what was run, without a row of a person: reports/overview.html
# make verify  every number of the studies in published/ against a run: docs/verify.md
# make quick   the tests that tell most per second, in under a minute
# make test    every test
# make check   form, types, and names that nothing uses
# make mutants  which small faults no test would notice (tests/mutants/README.md); an hour or more
# make field-reports  a report of each of the exports of tests/field, where make test makes three; an hour
# make docs    these pages as a site with search: site/index.html
# make lock    requirements*.lock again, from pyproject.toml and *.in (needs uv)
#
# Each makes .venv first where it is missing or made from another lock (environment.sh).
export PYTHON

.PHONY: demo overview verify quick test check mutants field-reports docs lock environment

demo: environment
	@.venv/bin/alliance-modes run demo_2024 demo_2025

overview: environment
	@umask 077; .venv/bin/snakemake --quiet all --report reports/overview.html || { \
	  echo "reports/overview.html was not made: it holds the results of every cohort of config/config.yaml, and not all are" >&2; \
	  echo "there and up to date. Make them first: .venv/bin/alliance-modes run" >&2; exit 1; }

verify: environment
	@.venv/bin/alliance-modes verify

quick: environment
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest tests/unit tests/reference -m "quick or reference" -n 2 --dist loadfile -q

# The workflow tests run one at a time: each starts a run that uses the cores itself.
test: environment
	@status=0; \
	.venv/bin/python -m pytest tests/unit tests/field tests/reference -n 2 --dist loadfile || status=1; \
	.venv/bin/python -m pytest tests/workflow || status=1; \
	exit $$status

check: environment
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/snakefmt --check Snakefile workflow
	@.venv/bin/snakemake --lint
	@.ci/types
	@.venv/bin/python .ci/unused.py

mutants: environment
	@OMP_NUM_THREADS=1 nice -n 19 .venv/bin/python tests/mutants/run.py

field-reports: environment
	@.venv/bin/python -m pytest tests/workflow/test_field_reports.py --every-case

docs: environment
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --clean
	@echo "the documentation: site/index.html"

COMPILE = uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
  --custom-compile-command "make lock"

lock:
	@$(COMPILE) pyproject.toml requirements.in requirements-build.in --output-file requirements.lock
	@$(COMPILE) requirements-build.in --constraint requirements.lock --output-file requirements-build.lock
	@$(COMPILE) requirements-cluster.in --no-deps --output-file requirements-cluster.lock

environment:
	@./environment.sh
