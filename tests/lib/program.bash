# shellcheck shell=bash
# The programs under test: those of build/test, unless the environment names others, as tools/test does.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export ACCESSION=${ACCESSION:-$repository/build/test/accession}
[[ $ACCESSION == /* ]] || ACCESSION=$PWD/$ACCESSION
export SCRIPTED_S3=${SCRIPTED_S3:-$(dirname "$ACCESSION")/tests/lib/scripted_s3/scripted-s3}
[[ $SCRIPTED_S3 == /* ]] || SCRIPTED_S3=$PWD/$SCRIPTED_S3

accession() {
    "$ACCESSION" "$@"
}

# The build whose memory is that of what is installed: sanitizers take more.
# shellcheck disable=SC2034  # for the tests
plain_accession=${PLAIN_ACCESSION:-$ACCESSION}
