#!/usr/bin/env bats
# The monitoring examples: they ask for metrics that the watcher writes, and each alert goes off when it
# should (promtool, where Prometheus is installed).
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup() {
    common_setup
    examples=$repository/tools/examples/monitoring
}

teardown() {
    scripted_stop
}

@test "rules and dashboard ask for nothing that the watcher does not write" {
    scripted_start
    export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    mkdir drop
    accession_in_background watch drop s3://bucket/a --endpoint-url "$SCRIPTED_URL" --metrics watch.prom
    until_true test -s watch.prom
    kill -TERM "$PROGRAM"
    ended 0
    grep -o '^accession_watch_[a-z_]*' watch.prom | sort -u >written
    grep -oh 'accession_watch_[a-z_]*' "$examples"/accession.rules.yml "$examples"/grafana-dashboard.json | sort -u >asked
    comm -13 written asked >missing
    cat missing
    [[ ! -s missing && $(wc -l <asked) -ge 8 ]]
    run -0 jq -e '[.panels[].targets[].expr] | length >= 8' "$examples/grafana-dashboard.json"
}

@test "each alert goes off when it should" {
    command -v promtool >/dev/null || skip "promtool (of prometheus) is not installed"
    run -0 promtool check rules "$examples/accession.rules.yml"
    run -0 promtool test rules "$examples/accession.test.yml"
}
