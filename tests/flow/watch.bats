#!/usr/bin/env bats
# shellcheck disable=SC2012,SC2016,SC2030,SC2031,SC2094,SC2154  # bats runs each test in a subshell of its own
# The watcher against a real server: everything that arrives, nothing twice, nothing half, through any
# happens to the bucket and to the watcher meanwhile.

load ../lib/helpers

setup() {
    common_setup
    new_bucket versioned
    mkdir drop
    touch events
    watcher=
}

teardown() {
    [[ -z $watcher ]] || kill -KILL "$watcher" 2>/dev/null || true
    if [[ -z ${BATS_TEST_COMPLETED:-} && -e log ]]; then tail -n 60 log >&2; fi
}

# watch [OPTIONS]: in the background; its process in $watcher.
watch() {
    "$ACCESSION" watch --settle "${settle:-1}" --metrics metrics.prom \
        --health health --on-event 'cat >>events' "$@" "$PWD/drop" "s3://$BUCKET/in" \
        2>>log 3>&- &
    watcher=$!
}

stop_watcher() {
    kill -TERM "$watcher"
    local status=0
    wait "$watcher" || status=$?
    watcher=
    return "$status"
}

events() { # KIND: how many
    grep -c "\"event\":\"$1\"" events || true
}

archived_events() { (($(events archived) >= $1)); }
rejected_events() { (($(events rejected) >= $1)); }
done_count() { find drop/done -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
at_least_done() { (($(done_count) >= $1)); }

# Every key of the bucket has one version and no delete marker.
written_once() {
    local doubles
    doubles=$(s3_versions | awk '{ print $2 }' | sort | uniq -d)
    assert_equal "$doubles" "" "written twice"
    assert_equal "$(s3_versions | grep -c '^DeleteMarker' || true)" 0 "delete markers"
}

@test "a package is archived once it can be read to its end, under its name without the ending" {
    make_bag bag 3 40K
    tar -czf whole.tar.gz bag
    head -c 30000 whole.tar.gz >drop/bag.tar.gz
    watch --after move
    until_true grep -q 'bag.tar.gz: waiting: ' log
    sleep 2 # still for longer than it has to be, and not complete
    assert_equal "$(s3_count)" 0 "begun on half a package"
    cp whole.tar.gz drop/.whole.tar.gz
    mv drop/.whole.tar.gz drop/bag.tar.gz
    until_true at_least_done 1
    s3_check_folder bag in/bag
    cmp whole.tar.gz drop/done/bag.tar.gz/bag.tar.gz
    # A damaged one is refused, with the reason.
    cp whole.tar.gz drop/.other.tar.gz
    printf 'x' | dd of=drop/.other.tar.gz bs=1 seek=20000 conv=notrunc status=none
    mv drop/.other.tar.gz drop/other.tar.gz
    until_true grep -q 'other.tar.gz: waiting: .*damaged or cut short' log
    stop_watcher
    assert_equal "$(s3_count)" 7
}

@test "a bag is archived once it is complete, kept, and remembered" {
    make_bag whole 3 2K
    mkdir drop/bag
    cp -r whole/data whole/bagit.txt whole/bag-info.txt drop/bag
    watch
    until_true grep -q 'bag: waiting: ' log
    sleep 2 # still for longer than it has to be, and not complete
    assert_equal "$(s3_count)" 0 "begun on half a delivery"
    head -c 30 whole/manifest-sha256.txt >drop/bag/manifest-sha256.txt
    sleep 2
    assert_equal "$(s3_count)" 0 "begun on half a manifest"
    cp whole/manifest-sha256.txt whole/tagmanifest-sha256.txt drop/bag
    until_true archived_events 1
    s3_check_folder whole in/bag
    stop_watcher
    [[ $(cat health) == stopped* ]]
    [[ -e drop/bag/bagit.txt ]]

    # Another life finds it done, and sends nothing.
    requests_mark
    watch
    until_true grep -q 'arrivals{state="kept"} 1' metrics.prom
    make_bag drop/.next 1 1K 9
    mv drop/.next drop/next
    until_true archived_events 2
    stop_watcher
    assert_equal "$(requests_since | grep -c '/in/bag/' || true)" 0 "asked of what was done"
    written_once
}

@test "a corrupt bag is refused with its reason, and its correction is archived" {
    make_bag drop/good 2 1K 1
    make_bag drop/bad 2 1K 2
    flip_byte drop/bad/data/file-000000.bin 7
    watch --after move
    until_true rejected_events 1
    until_true archived_events 1
    until_true test -e drop/rejected/bad/bad/bagit.txt
    [[ ! -e drop/bad ]]
    run cat drop/rejected/bad/WHY.txt
    assert_says "bad was refused"
    assert_says "data/file-000000.bin"
    assert_says "sha256 differs from the manifest"
    jq -e '.run' drop/rejected/bad/receipt.json
    ! s3_exists in/bad/data/file-000000.bin || return 1
    run cat drop/done/good/RECEIPT.txt
    assert_says "good was archived"

    make_bag drop/.again 2 1K 2
    mv drop/.again drop/bad
    until_true archived_events 2
    until_true test -e drop/done/bad/bad/bagit.txt
    stop_watcher
    s3_check_folder drop/done/bad/bad in/bad
    written_once
}

@test "a file put right in place is seen, though its name, size and time are the same" {
    make_bag drop/bad 2 1K 2
    flip_byte drop/bad/data/file-000000.bin 7
    watch
    until_true rejected_events 1
    flip_byte drop/bad/data/file-000000.bin 7
    until_true archived_events 1
    s3_check_folder drop/bad in/bad
    stop_watcher
    assert_equal "$(events rejected)" 1 "refused again and again"
}

probed_while_halted() {
    (($(requests_since | grep -c '^POST .*accession-probe') >= 3))
}

@test "a bucket that refuses writes pauses it as a whole; it resumes by itself" {
    watch --probe 1 --probe-max 2 --parallel 3
    policy deny-writes
    for i in {1..8}; do make_bag "drop/bag$i" 1 1K "$i"; done
    until_true test -s events
    until_true grep -q '^halted REFUSED' health
    requests_mark
    # It goes on asking, and nothing else is written.
    until_true probed_while_halted
    requests_since >while-halted
    assert_equal "$(grep -vF /.accession-probe/ while-halted | grep -cE '^(PUT|POST|DELETE) ' || true)" 0 \
        "write requests while halted"
    grep -q '^accession_watch_halted 1$' metrics.prom
    make_bag drop/late 1 1K 77
    policy clear
    until_true archived_events 9
    stop_watcher
    assert_equal "$(events halted)" 1 "halted told"
    assert_equal "$(events resumed)" 1 "resumed told"
    assert_equal "$(events rejected)" 0 "refused"
    for i in {1..8}; do s3_check_folder "drop/bag$i" "in/bag$i"; done
    written_once
}

@test "what was archived is deleted once it was read back, and only then" {
    run accession watch --after delete drop "s3://$BUCKET/in"
    assert_status 2
    assert_says "--yes-delete-after-verify"
    make_bag drop/bag 3 2K
    cp -r drop/bag copy
    # The bucket takes everything, but nothing can be read back.
    cat >policy.json <<JSON
{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
 "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": ["arn:aws:s3:::$BUCKET/*"]}]}
JSON
    policy put policy.json
    watch --after delete --yes-delete-after-verify --probe 1 --probe-max 1
    until_true archived_events 1
    sleep 2
    [[ -e drop/bag/data/file-000002.bin ]]
    kill -KILL "$watcher"
    wait "$watcher" || true
    policy clear
    rm -r drop/bag && cp -r copy drop/bag
    watch --after delete --yes-delete-after-verify --probe 1 --probe-max 1
    until_true test ! -e drop/bag
    until_true grep -q 'bag: verified byte for byte' log
    stop_watcher
    assert_equal "$(ls -A drop)" "" "left behind"
    s3_check_folder copy in/bag
    written_once
}

@test "a delivery whose own list is not archived is kept, and the log names the list" {
    mkdir drop/.col && echo content >drop/.col/file
    (cd drop/.col && sha256sum file >SHA256SUMS)
    mv drop/.col drop/col
    watch --after delete --yes-delete-after-verify
    until_true archived_events 1
    until_true grep -q 'col: kept, since 1 of the files in it were not archived: SHA256SUMS' log
    stop_watcher
    [[ -e drop/col/file && -e drop/col/SHA256SUMS && ! -e drop/.accession-deleting ]]
    rm metrics.prom
    requests_mark # another life remembers that
    watch --after delete --yes-delete-after-verify
    until_true grep -q 'arrivals{state="kept"} 1' metrics.prom
    stop_watcher
    assert_equal "$(requests_since | grep -c '/in/col/' || true)" 0 "asked of what was kept"
}

@test "the unit is one that systemd takes, and keeps to itself" {
    command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
    sed "s,@bindir@,${ACCESSION%/*}," "$repository/src/systemd/accession-watch@.service.in" >accession-watch@x.service
    systemd-analyze verify --man=no ./accession-watch@x.service 2>complaints
    cat complaints
    [[ ! -s complaints ]]
    # Exposure from 0 to 100, in tenths of what it prints; the program needs the network.
    systemd-analyze security --offline=yes --threshold=15 ./accession-watch@x.service >security
}

@test "markers, renames and settling" {
    make_bag one 1 1K 1
    mkdir drop/marked
    cp -r one/. drop/marked
    watch --ready marker:ready --after move
    until_true grep -q 'marked: waiting: ' log
    sleep 2
    assert_equal "$(s3_count)" 0 "begun without the marker"
    touch drop/marked.ready
    until_true archived_events 1
    stop_watcher
    [[ ! -e drop/marked.ready ]]

    watch --ready rename
    mkdir drop/inplace
    cp -r one/. drop/inplace
    sleep 0.1
    echo >>drop/inplace/bag-info.txt
    cp -r one drop/.moved
    mv drop/.moved drop/moved
    until_true archived_events 2
    until_true grep -q 'inplace: waiting: files were written in it' log
    stop_watcher
    assert_equal "$(s3_count in/inplace)" 0

    rm -r drop/inplace
    # Changed more often than it settles, for longer than it takes to settle; and then no more.
    local settle=6
    watch --ready settle
    cp -r one drop/settled
    (for i in {1..40}; do date >drop/settled/note; sleep 0.2; done) 3>&- &
    wait $!
    assert_equal "$(s3_count in/settled)" 0 "begun while it changed"
    rm drop/settled/note
    until_true archived_events 3
    stop_watcher
}

@test "two watchers never share a drop folder; names that are no arrivals are left alone" {
    touch drop/loose.txt
    mkdir drop/.hidden drop/unfinished.part
    watch
    until_true grep -q '^ok' health
    run accession watch drop "s3://$BUCKET/other"
    assert_status 2
    assert_says "another accession watch is at work"
    until_true grep -q '^accession_watch_loose_files 1$' metrics.prom
    kill -HUP "$watcher"
    until_true grep -q SIGHUP log
    stop_watcher
    run grep -E 'hidden|unfinished' log
    assert_status 1
}

@test "folders that are moved away or deleted while it looks are forgotten" {
    watch --poll 1
    for i in {1..30}; do
        make_bag "drop/a$i" 1 1K "$i" && mv "drop/a$i" "drop/b$i" && rm -r "drop/b$i"
    done
    make_bag drop/stays 1 1K 99
    until_true archived_events 1
    mv drop moved-away
    until_true grep -q 'cannot be read' log
    mv moved-away drop
    until_true grep -q 'can be read again' log
    make_bag drop/more 1 1K 98
    until_true archived_events 2
    stop_watcher
    assert_equal "$(events rejected)" 0 "refused"
}

@test "an arrival that stays incomplete is reported once as stalled" {
    mkdir drop/.half && echo 1 >drop/.half/file && mv drop/.half drop/half
    watch --stale 1
    until_true grep -q '"event":"stalled"' events
    jq -es '.[0] | .event == "stalled" and .arrival == "half" and (.reason | contains("bagit.txt, SHA512SUMS"))' events
    (cd drop/half && sha256sum file >SHA256SUMS)
    until_true archived_events 1
    stop_watcher
    assert_equal "$(events stalled)" 1 "reported as stalled"
}

@test "a command for events gets none of the AWS_ variables" {
    make_bag drop/bag 1 1K
    "$ACCESSION" watch --settle 1 --on-event 'env >env; cat >>events' drop "s3://$BUCKET/in" 2>>log 3>&- &
    watcher=$!
    until_true archived_events 1
    stop_watcher
    grep -q ^HOME= env
    assert_equal "$(grep -c ^AWS_ env || true)" 0 "AWS_ variables"
}

@test "a command for events that hangs or fails holds nothing up" {
    local nap=100.$BASHPID # unique to this test
    "$ACCESSION" watch --settle 1 --grace 4 \
        --on-event "sleep $nap" "$PWD/drop" "s3://$BUCKET/in" 2>>log 3>&- &
    watcher=$!
    for i in 1 2 3; do make_bag "drop/bag$i" 1 1K "$i"; done
    until_true eval '(($(grep -c "archived and verified" log) == 3))'
    stop_watcher
    until_true eval '! pgrep -fx "sleep $nap"'
}

@test "SIGTERM parks the runs in progress; the next start resumes them" {
    make_bag drop/large 1 200M
    storage_pause
    watch --grace 4
    until_true grep -q 'large: complete' log
    stop_watcher || status=$?
    storage_resume
    [[ -z ${status:-} ]]
    assert_equal "$(events rejected)" 0
    watch
    until_true archived_events 1
    stop_watcher
    s3_check_folder drop/large in/large
    written_once
}

@test "500 bags from four writers, a policy put on and lifted, three kills" {
    local writer
    watch --after move --check-first --parallel 3 --probe 1 --probe-max 2
    for writer in 0 1 2 3; do
        python3 "$repository/tests/lib/drop_writer.py" drop "$writer" 125 \
            $((writer % 2 == 0 ? 40 : 1000)) >"written$writer" 3>&- &
    done
    local kill_at
    for kill_at in 60 180; do
        until_true at_least_done "$kill_at"
        kill -KILL "$watcher"
        wait "$watcher" || true
        watch --after move --check-first --parallel 3 --probe 1 --probe-max 2
    done
    until_true at_least_done 250
    policy deny-writes
    until_true grep -q '^halted REFUSED' health
    kill -KILL "$watcher"
    wait "$watcher" || true
    watch --after move --check-first --parallel 3 --probe 1 --probe-max 2
    sleep 2
    policy clear
    until_true at_least_done 498
    until_true test -e drop/rejected/w2-040/w2-040
    stop_watcher
    cat written? >written
    assert_equal "$(wc -l <written)" 500
    assert_equal "$(grep -c corrupt written)" 2

    # Every good bag is in done/, its reasons and receipt beside it, and nothing else is left.
    assert_equal "$(done_count)" 498
    assert_equal "$(ls drop)" $'done\nrejected'
    assert_equal "$(ls drop/rejected | tr '\n' ' ')" "w0-040 w2-040 "
    mkdir check
    local name kind
    while read -r name kind; do
        case $kind in
        good)
            [[ -s drop/done/$name/RECEIPT.txt && -s drop/done/$name/receipt.json ]]
            mv "drop/done/$name/$name" check/
            ;;
        corrupt)
            grep -q 'data/0.bin' "drop/rejected/$name/WHY.txt"
            assert_equal "$(s3_count "in/$name")" 0 "of a corrupt bag is visible"
            ;;
        esac
    done <written
    # Read back, every byte, with another client.
    s3_check_folder check in
    written_once
    ledger_query "$XDG_STATE_HOME/accession/ledger.db" 'PRAGMA integrity_check' | grep -qx ok
}
