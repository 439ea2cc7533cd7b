#!/usr/bin/env bats
# Memory stays within --memory and 64 MiB, however many entries the manifest has.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    new_bucket
}

# A manifest of N entries, of which the first 100 have a file.
many_entries() {
    mkdir -p files/folder
    for i in $(seq 0 99); do : >"files/folder/$(printf 'file-%07d.tif' "$i")"; done
    awk -v n="$1" -v empty="$(sha256sum </dev/null | cut -d' ' -f1)" 'BEGIN {
        for (i = 0; i < n; i++) printf "%s  folder/file-%07d.tif\n", empty, i }' >list
}

# Peak resident memory of the program, in MiB.
peak() {
    /usr/bin/python3 - "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
}

@test "memory: ACCESSION_TEST_ENTRIES entries (1,000,000 in the acceptance; 100,000 here)" {
    local entries=${ACCESSION_TEST_ENTRIES:-100000} used
    many_entries "$entries"
    used=$(peak "$plain_accession" ingest files "s3://$BUCKET/p" -m list \
        --memory 64M --quiet)
    echo "# $entries entries: $used MiB at the peak, --memory 64M" >&3
    assert_equal "$(s3_count p/)" 100 keys
    ((used > 0 && used < 64 + 64))
}

@test "memory: large files in parts stay within --memory" {
    local used
    make_bag bag 200 100K
    for i in 1 2 3 4; do add_payload bag "large-$i" 100M "$i"; done
    finish_bag bag
    used=$(peak "$plain_accession" ingest bag "s3://$BUCKET/p" --memory 64M --quiet)
    echo "# 4 files of 100 MiB: $used MiB at the peak, --memory 64M" >&3
    assert_equal "$(s3_count p/)" 208 keys
    ((used > 0 && used < 64 + 64))
}
