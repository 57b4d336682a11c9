#!/bin/sh
# A second opinion on the release of a cohort that was run: ACRO on the same counts, and its viewer on the folder.
# Usage: benchmarks/acro.sh demo_2024. Writes benchmarks/acro.csv. Needs uv, and an index of packages.
set -eu
cd "$(dirname "$0")/.."
cohort="${1:-demo_2024}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
uv venv --quiet --python 3.11 "$work/env"
# The viewer holds typeguard at 2 and Django at 4.1; ACRO does not mind.
uv pip install --quiet --python "$work/env/bin/python" acro==1.0.2 sacroviewer==0.2.1
.venv/bin/python benchmarks/acro_cells.py "$cohort" "$work/cells"
# The viewer writes into the folder that it opens.
cp -r "reports/$cohort/release" "reports/$cohort/internal/release_record" "$work/"
(cd "$work" && env/bin/python "$OLDPWD/benchmarks/acro_opinion.py" cells release release_record opinion.csv 2>errors) || {
    cat "$work/errors"
    exit 1
}
cp "$work/opinion.csv" benchmarks/acro.csv
