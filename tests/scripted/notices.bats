#!/usr/bin/env bats
# Events of accession watch: kept until the --on-event command has ended with 0, across failures, kills and restarts.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    scripted_start
    mkdir drop
    make_bag drop/bag 1 100
}

teardown() {
    [[ -z ${PROGRAM:-} ]] || kill -KILL "$PROGRAM" 2>/dev/null || true
    scripted_stop
}

# watch COMMAND: in the background, with that command for events.
watch() {
    accession_in_background watch --settle 1 --on-event "$1" --ledger led.db --endpoint-url "$SCRIPTED_URL" \
        drop s3://bucket/in
}
stop_watch() {
    kill -TERM "$PROGRAM"
    ended 0
}
# kept [SQL]: how many events the ledger has.
kept() { sqlite3 -readonly led.db "SELECT count(*) FROM notice ${1:-}"; }
has_kept() { [[ $(kept "${2:-}") == "$1" ]]; }
due_now() { sqlite3 led.db "UPDATE notice SET next = 0"; }

@test "an event that the command refuses is sent again, after a restart too, with the same id" {
    watch 'cat >>tried; exit 7'
    until_true has_kept 1 'WHERE tries = 1'
    stop_watch
    grep -q 'ended with status 7; the event is sent again in 1 min' out.log
    has_kept 1
    due_now
    watch 'cat >>events'
    until_true has_kept 0
    stop_watch
    [[ $(jq -r '"\(.event) \(.arrival) \(.id)"' events) == "$(jq -r '"\(.event) \(.arrival) \(.id)"' tried)" ]]
    [[ $(jq -r '"\(.event) \(.arrival)"' events) == 'archived bag' ]]
}

@test "the intervals grow, and after a day an event is given up" {
    watch 'cat >>tried; exit 1'
    until_true has_kept 1 'WHERE tries = 1'
    stop_watch
    [[ $(sqlite3 -readonly led.db 'SELECT (next - made) / 60000 FROM notice') == 1 ]]
    due_now
    watch 'cat >>tried; exit 1'
    until_true has_kept 1 'WHERE tries = 2'
    stop_watch
    grep -q 'is sent again in 2 min' out.log
    sqlite3 led.db "UPDATE notice SET tries = 9, next = 0"
    watch 'cat >>tried; exit 1'
    until_true has_kept 1 'WHERE tries = 10'
    stop_watch
    grep -q 'is sent again in 1 h 00 min' out.log
    sqlite3 led.db "UPDATE notice SET next = 0, made = made - 86400000"
    watch 'cat >>tried; exit 1'
    until_true has_kept 0
    stop_watch
    grep -q 'a day old and is given up' out.log
    (($(jq -r .id tried | sort -u | wc -l) == 1 && $(jq -r .id tried | wc -l) == 4))
}

@test "a watcher that is killed while the command runs sends the event again" {
    # shellcheck disable=SC2016  # the command's own parent is the watcher
    watch 'cat >>tried; kill -KILL $PPID'
    ended 137
    has_kept 1
    watch 'cat >>events'
    until_true has_kept 0
    stop_watch
    [[ $(jq -r .id events) == "$(jq -r .id tried)" ]]
}

# bats test_tags=threads
@test "one event that fails holds up no other" {
    watch 'cat >now; if grep -q "\"arrival\":\"bag\"" now; then exit 3; fi; cat now >>events'
    until_true has_kept 1 'WHERE tries = 1'
    make_bag drop/second 1 100 5
    arrived() { [[ -e events ]] && grep -q second events; }
    until_true arrived
    until_true has_kept 1
    stop_watch
    accession ledger check --quiet --ledger led.db
}

# days_ago N EVENT: when the ledger says that this folder last had it.
days_ago() { sqlite3 led.db "UPDATE daily SET at = (unixepoch() - $1 * 86400) * 1000 WHERE event = '$2'"; }
event_of() { jq -c "select(.event == \"$1\")" events 2>/dev/null; }
has_events() { [[ $(event_of "$1" | wc -l) == "$2" ]]; }
due_bags() { sqlite3 -readonly led.db "SELECT bags FROM daily WHERE event = '$1'"; }

@test "daily: the digest of status --since, once, from the end of the first day on" {
    watch 'cat >>events'
    until_true has_events archived 1
    until_true has_kept 0
    stop_watch
    has_events digest 0
    days_ago 2 digest
    watch 'cat >>events; exit 5'
    until_true has_kept 1 'WHERE tries = 1'
    stop_watch
    due_now
    watch 'cat >>events'
    until_true has_kept 0
    stop_watch
    has_events digest 2 # the same one
    [[ $(event_of digest | jq -r .id | sort -u | wc -l) == 1 ]]
    accession status --since 48h --json --ledger led.db s3://bucket/in >status.json
    event_of digest | head -n 1 | jq -S '.digest | del(.since, .until)' >digest.json
    jq -S 'del(.since, .until)' status.json | diff digest.json -
    [[ $(jq '.bags, .arrived, .archived' digest.json | paste -sd' ') == "1 1 5" ]]
    # Since the last one, though that is longer ago than a day.
    [[ $(event_of digest | head -n 1 | jq '.digest | (.until[:19] + "Z" | fromdate) - (.since[:19] + "Z" | fromdate) | . >= 172800 and . < 172980') == true ]]
    has_events due 0
    accession ledger check --quiet --ledger led.db
}

@test "daily: what is due, when more bags are than the day before, and again after a week" {
    rm -r drop/bag
    "${ACCESSION%/*}/tests/ledger_years" led.db 20 200 10
    digests=0
    # The folder's watcher at the end of another day.
    a_day_later() {
        days_ago 1 digest
        accession_in_background watch --on-event 'cat >>events' --ledger led.db --endpoint-url "$SCRIPTED_URL" drop s3://archive
        digests=$((digests + 1))
        until_true has_events digest "$digests"
        until_true has_kept 0
        stop_watch
    }
    accession_in_background watch --on-event 'cat >>events' --ledger led.db --endpoint-url "$SCRIPTED_URL" drop s3://archive
    until_true says out.log watching
    stop_watch
    a_day_later
    has_events due 1
    accession status --since 24h --json --ledger led.db s3://archive >status.json
    (($(jq .due_bags status.json) > 5))
    diff <(event_of due | jq -S '{due_bags, due_files, due}') <(jq -S '{due_bags, due_files, due}' status.json)
    [[ $(event_of due | jq '.due_after, (.due | length == ([$bags, 20] | min))' --argjson bags "$(due_bags due)" | paste -sd' ') == "90 true" ]]
    # The next day: no more than before.
    days_ago 1 due
    a_day_later
    has_events due 1
    # One more.
    sqlite3 led.db "UPDATE daily SET bags = bags - 1 WHERE event = 'digest'"
    a_day_later
    has_events due 2
    # A restart on the same day, as after a kill between the two events.
    sqlite3 led.db "UPDATE daily SET bags = bags - 1 WHERE event = 'digest'"
    a_day_later
    has_events due 2
    days_ago 7 due
    a_day_later
    has_events due 3
}
