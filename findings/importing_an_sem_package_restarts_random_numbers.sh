#!/usr/bin/env bash
# "import semopy" calls random.seed(123) for the whole process (in semopy/model_generation/parameters.py). A script that seeds, or leaves
# unseeded, Python's own generator and imports semopy afterwards draws the same numbers in every process: pseudonyms, passwords
# of a study, samples and random delays made with the module random are the same for everybody who does so, and a
# function that imports semopy where it is needed starts them anew in the middle of a run. numpy's generator is left alone.
#
# semopy 2.3.11 (PyPI). Known answer: two unseeded processes draw different numbers, and an import draws none.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check semopy==2.3.11
cat > "$here/draws.py" <<'PY'
import random
import sys

if "semopy" in sys.argv:
    import semopy  # noqa: F401
print(" ".join(f"P{random.randrange(10**6):06d}" for _ in range(3)))
PY
draw() { "$here/venv/bin/python" "$here/draws.py" "$@"; }
plain1=$(draw); plain2=$(draw); after1=$(draw semopy); after2=$(draw semopy)
echo "without semopy: $plain1 | $plain2"
echo "semopy $("$here/venv/bin/python" -c 'from importlib.metadata import version; print(version("semopy"))'), imported before: $after1 | $after2"
if [[ $plain1 != "$plain2" && $after1 == "$after2" ]]; then echo "As described."; else echo "Not as described any more."; exit 1; fi
