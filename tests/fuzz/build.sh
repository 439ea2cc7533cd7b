#!/bin/bash
# Builds the fuzz targets as OSS-Fuzz does, and their corpora, into $OUT; $WORK keeps objects. With --run
# SECONDS each of them then runs so long, from its corpus and what earlier runs found; with --inputs N each
# tries N inputs, the same ones each time, or as many as a minute allows. The first crash ends it all.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${WORK:=$root/build/fuzz}" "${OUT:=$WORK/out}"
export CC=${CC:-clang}

if [[ ! -f $WORK/build.ninja ]]; then
    meson setup "$WORK" "$root" -Dfuzz=true -Dtests=disabled -Db_lundef=false -Doptimization=1 \
        -Db_sanitize="${SANITIZERS:-address,undefined}" >/dev/null
fi
ninja -C "$WORK" >"$WORK/build.log" || { tail -n 30 "$WORK/build.log" >&2 && exit 1; }
mkdir -p "$OUT"
targets=()
while read -r target; do
    targets+=("$target")
    cp "$target" "$OUT/"
    name=${target##*/fuzz_}
    (cd "$root/tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" ./*)
done < <(find "$WORK/tests/fuzz" -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x | sort)
((${#targets[@]})) || { echo "no fuzz target was built" >&2 && exit 1; }

case ${1:-} in
--run) limits=(-max_total_time="$2") ;;
--inputs) limits=(-runs="$2" -seed=1 -max_total_time=60) ;;
*) exit 0 ;;
esac
# Two at a time: each has one thread.
fuzz() {
    local target=$1 name=${1##*/fuzz_} found corpus
    found=$WORK/corpus/$name corpus=$root/tests/fuzz/corpus/$name
    [[ $how == --run ]] || rm -rf "$found"
    mkdir -p "$found"
    (cd "$WORK" && "$target" "${@:2}" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        "$found" "$corpus" >"$found.log" 2>&1) || { tail -n 40 "$found.log" && echo "$name: crashed" && exit 255; }
    awk -v name="$name" '/number_of_executed_units/ { runs = $2 } END { print name ": " runs " inputs"; exit !runs }' "$found.log"
}
export WORK root how=$1
export -f fuzz
printf '%s\0' "${targets[@]}" | xargs -0 -P 2 -I '{}' bash -c 'fuzz "$@"' fuzz '{}' "${limits[@]}"
