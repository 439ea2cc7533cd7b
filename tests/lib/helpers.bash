# shellcheck shell=bash
# What every bats file loads:
#
#   load ../lib/helpers
#   setup() { common_setup; }
#
# The sandbox is one for the whole suite (setup_suite.bash); each test makes its
# own bucket with new_bucket, and has its own home and state folder.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/program.bash"
. "$repository/tests/lib/bags.bash"
. "$repository/tests/lib/s3.bash"
. "$repository/tests/lib/sandbox.bash"
. "$repository/tests/lib/assertions.bash"
. "$repository/tests/lib/waiting.bash"

common_setup() {
    export HOME=$BATS_TEST_TMPDIR/home
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    unset XDG_CONFIG_HOME NO_COLOR
    # Most tests count objects, and their lists lie beside what they name. Those about deliveries that are
    # archived with their list, or corrected, unset this.
    export ACCESSION_ARCHIVE_MANIFEST=no
    mkdir -p "$HOME" "$XDG_STATE_HOME"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# ledger_query LEDGER SQL
ledger_query() {
    sqlite3 -readonly "$1" "$2"
}
