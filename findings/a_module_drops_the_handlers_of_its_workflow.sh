#!/usr/bin/env bash
# A Snakemake workflow that is used by another as a module (module ... use rule * from ...) loses its handlers in silence: its
# onstart, onsuccess and onerror never run, while the rules beside them in the same file do. The same file run by itself runs them.
# A workflow that clears away old reports in onstart, or says what is wrong in onerror, does neither for whoever imports it: an old
# report stays beside new tables. Neither a warning nor --lint says so.
#
# snakemake 9.27.1 (PyPI). Known answer: the files that the handlers write, by direct run and by module.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check snakemake==9.27.1
mkdir -p "$here/own" "$here/importer"
cat > "$here/own/Snakefile" <<'SMK'
onstart:
    shell("echo start >> handlers.txt")

onsuccess:
    shell("echo success >> handlers.txt")

rule table:
    output: "table.csv"
    shell: "echo 1 > {output}"
SMK
cat > "$here/importer/Snakefile" <<SMK
module own:
    snakefile: "$here/own/Snakefile"

use rule * from own
SMK
handlers() {
    (cd "$1" && "$here/venv/bin/snakemake" --cores 1 table.csv >out.txt 2>&1)
    test -s "$1/table.csv"
    if [ -f "$1/handlers.txt" ]; then tr '\n' ' ' < "$1/handlers.txt"; else echo -n "none"; fi
}
export HOME="$here"
direct=$(handlers "$here/own")
imported=$(handlers "$here/importer")
warned=$(grep -ciE 'handler|onstart|onsuccess' "$here/importer/out.txt" || true)
linted=$( (cd "$here/importer" && "$here/venv/bin/snakemake" --lint 2>&1 || true) | grep -ciE 'handler|onstart|onsuccess' || true)
echo "snakemake $("$here/venv/bin/snakemake" --version): run by itself, handlers that ran: $direct; as a module: $imported"
echo "lines about it in what the importer's run prints: $warned; of --lint: $linted"
if [ "$direct" = "start success " ] && [ "$imported" = "none" ] && [ "$warned" = 0 ] && [ "$linted" = 0 ]; then
    echo "As described."
else
    echo "Not as described any more."
    exit 1
fi
