# shellcheck shell=bash
# Counts what suites report, as TAP or in Meson's log, and keeps the failures, to be repeated
# at the end. Sourced by tools/test.

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
# failed at least once, even if its cases passed before it died.
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

# failed_tap SUITE < OUTPUT: each test that failed, "SUITE: NAME", and below it, indented, where and the
# last lines of what it said. A plan that was not fulfilled is reported too.
failed_tap() {
    awk -v suite="$1" -v most=15 '
        function tell(    i) {
            if (!name) return
            print suite ": " name
            for (i = 1; i <= heads; i++) print "    " head[i]
            if (lines > most) print "    [...]"
            for (i = (lines > most ? lines - most : 0); i < lines; i++) print "    " line[i]
            name = ""
        }
        /^1\.\.[0-9]+/ { sub(/^1\.\./, ""); planned += $0 + 0; next }
        /^(not )?ok / { seen++; tell(); last = $0 }
        /^not ok .*# *[Ss][Kk][Ii][Pp]/ { next }
        /^not ok / { name = $0; sub(/^not ok [0-9]+ (- )?/, "", name); heads = lines = 0; next }
        name && /^# (\(|  [`'"'"'(])/ && !lines { head[++heads] = substr($0, 3); next }
        name && /^# / { line[lines++] = substr($0, 3); next }
        END {
            tell()
            if (planned > seen)
                print suite ": " planned - seen " of " planned " tests never reported, after: " last
        }'
}

# failed_meson LOG: the same of testlog.json.
failed_meson() {
    local name result stdout stderr
    while IFS=$'\t' read -r name result stdout stderr; do
        case $result in
        OK | SKIP | EXPECTEDFAIL) continue ;;
        esac
        echo "$name: $result"
        { base64 -d <<<"$stdout" | grep -v '^ok '; base64 -d <<<"$stderr"; } | tail -n 15 | sed 's/^/    /'
    done < <(jq -r '[.name, .result, (.stdout // "" | @base64), (.stderr // "" | @base64)] | @tsv' "$1")
}

# tell_failures FILE: what failed_tap and failed_meson wrote, and then the names alone: whoever sees
# but the end of a long log sees these.
tell_failures() {
    [[ -s $1 ]] || return 0
    printf '\n== what failed said last\n'
    cat "$1"
    printf '\n== failed\n'
    grep -v '^    ' "$1"
}
