#!/usr/bin/env bats
# Two ingests of different content to one key, started at the same instant with ledgers of their own, on
# real servers: never does one silently replace the other. RACE_ROUNDS says how often each is tried.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/moto

setup() {
    common_setup
}

teardown() {
    moto_stop
}

# contender NAME SIZE: a folder NAME with one file of SIZE, other bytes for each NAME, and its list.
contender() {
    mkdir -p "$1"
    some_bytes "$2" "$(printf '%d' "'$1")" >"$1/x.bin"
    (cd "$1" && sha256sum x.bin) >"$1.sha256"
}

# compete NAME URL: an ingest of contender NAME; leaves NAME.json, and NAME.status.
compete() {
    local status=0
    accession ingest "$1" "$2" -m "$1.sha256" --ledger "ledger-$1.db" --json >"$1.json" 2>"$1.err" 3>&- ||
        status=$?
    echo "$status" >"$1.status"
}

# race URL-A URL-B: contenders a and b at once; their exit statuses are A and B.
race() {
    local first second
    compete a "$1" & first=$!
    compete b "$2" & second=$!
    wait $first $second
    A=$(<a.status) B=$(<b.status)
}

say_all() {
    head -n 50 a.json a.err b.json b.err
}

# visible KEY: the SHA-256 of what a reader gets.
visible() {
    s3_get "$1" got
    sha256sum <got | cut -d' ' -f1
}

# one_wins KEY: one was archived and is there; the other reported a conflict.
one_wins() {
    local winner=a loser=b
    if ((A == 1)); then winner=b loser=a; fi
    if ((A + B != 1)); then
        say_all
        return 1
    fi
    assert_equal "$(visible "$1")" "$(cut -d' ' -f1 $winner.sha256)" "what is visible" || { say_all; return 1; }
    grep -q '"outcome":"conflict"' $loser.json
}

# races CHECK: rounds of every pair of sizes, small (one PUT) and large (multipart), and both ways round.
races() {
    local round sizes key=0
    for sizes in "4K 4K" "9M 9M" "4K 9M" "9M 4K"; do
        # shellcheck disable=SC2086 # two words
        set -- "$1" $sizes
        contender a "$2"
        contender b "$3"
        for ((round = 0; round < ${RACE_ROUNDS:-3}; round++)); do
            key=$((key + 1))
            race "s3://$BUCKET/$key" "s3://$BUCKET/$key"
            "$1" "$key/x.bin" || return 1
        done
    done
}

@test "Ceph RGW without versions: one wins, the other reports a conflict" {
    new_bucket
    races one_wins
    assert_equal "$(s3_open_uploads)" "" "claims and uploads left"
    cat a.json b.json | grep -q '"write_once":"claimed"'
}

# Both may be archived there; then both exist, and the run that looked last reported it.
both_exist() {
    if ((A + B == 0 || A > 1 || B > 1)); then
        say_all
        return 1
    fi
    local name
    for name in a b; do
        [[ $(<$name.status) != 0 ]] || s3_versions "$1" >versions
    done
    [[ $(wc -l <versions) -le 2 ]]
}

@test "Ceph RGW with versions: nothing is lost, and at least one run reports it" {
    new_bucket versioned
    races both_exist
}

@test "moto: one wins, the other reports a conflict" {
    moto_available || skip "moto_server is not installed"
    moto_start
    moto_bucket races
    races one_wins
}

@test "one key by two destinations, the one above the other: one wins, the other reports a conflict" {
    new_bucket
    local round
    for ((round = 0; round < ${RACE_ROUNDS:-3}; round++)); do
        contender b 9M
        mkdir -p a/deep/er
        some_bytes 4K $round >a/deep/er/x.bin
        (cd a && sha256sum deep/er/x.bin) >a.sha256
        race "s3://$BUCKET/$round" "s3://$BUCKET/$round/deep/er"
        one_wins "$round/deep/er/x.bin"
    done
}
