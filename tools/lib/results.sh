# shellcheck shell=bash
# Counts what suites report, as TAP or in Meson's log. Sourced by tools/test.

passed=0 failed=0 skipped=0

# add_counts PASSED FAILED SKIPPED
add_counts() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

# count_tap < OUTPUT: prints the three numbers. Tests that the plan (1..N)
# announced and that never reported count as failed: the suite died on the way.
count_tap() {
    awk '
        /^1\.\.[0-9]+/ { sub(/^1\.\./, ""); planned += $0 + 0; next }
        /^(not )?ok .*# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
        /^ok / { passed++; next }
        /^not ok / { failed++ }
        END {
            seen = passed + failed + skipped
            if (planned > seen) failed += planned - seen
            print passed + 0, failed + 0, skipped + 0
        }'
}

# count_meson LOG: testlog.json, one test program a line. A program that speaks
# TAP counts with its cases, any other as one. A program that failed counts as
# failed at least once, whatever its cases said before it died.
count_meson() {
    local result stdout p f s total_p=0 total_f=0 total_s=0
    while IFS=$'\t' read -r result stdout; do
        read -r p f s < <(base64 -d <<<"$stdout" | count_tap)
        if ((p + f + s == 0)); then
            case $result in
            OK | EXPECTEDFAIL) p=1 ;;
            SKIP) s=1 ;;
            *) f=1 ;;
            esac
        elif [[ $result != OK && $result != SKIP ]] && ((f == 0)); then
            f=1
        fi
        total_p=$((total_p + p)) total_f=$((total_f + f)) total_s=$((total_s + s))
    done < <(jq -r '[.result, (.stdout // "" | @base64)] | @tsv' "$1")
    echo "$total_p $total_f $total_s"
}
