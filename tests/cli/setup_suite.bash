# shellcheck shell=bash
# One sandbox for all bats files. If one runs already under
# $ACCESSION_SANDBOX_DIR it is used, and left running.

setup_suite() {
    local tools=${BASH_SOURCE[0]%/*}/../../tools
    if [[ -z ${ACCESSION_SANDBOX_DIR:-} ]]; then
        export ACCESSION_SANDBOX_DIR=$BATS_SUITE_TMPDIR/sandbox
    fi
    if ! "$tools/sandbox" status >/dev/null 2>&1; then
        "$tools/sandbox" start >&2
        export ACCESSION_SANDBOX_IS_OURS=1
    fi
    eval "$("$tools/sandbox" env)"
}

teardown_suite() {
    [[ -z ${ACCESSION_SANDBOX_IS_OURS:-} ]] ||
        "${BASH_SOURCE[0]%/*}/../../tools/sandbox" stop >&2
}
