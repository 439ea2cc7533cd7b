#!/usr/bin/env bats
# The Debian packages: built from what is committed, without a word from lintian, installed into a
# root of their own, used, and removed without a trace.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup() {
    common_setup
    ((EUID == 0)) || skip "dpkg installs as root only"
    git -C "$repository" rev-parse -q --verify HEAD >/dev/null || skip "packages are made from a git repository"
}

in_root() {
    dpkg --root="$BATS_TEST_TMPDIR/root" --force-depends --force-script-chrootless --force-not-root "$@"
}

@test "the packages are built, twice the same, installed, used and removed" {
    run -0 "$repository/tools/package" deb --twice "$BATS_TEST_TMPDIR/packages"
    local root=$BATS_TEST_TMPDIR/root library
    mkdir -p "$root/var/lib/dpkg" "$root/etc"
    touch "$root/var/lib/dpkg/status" "$root/etc/passwd" "$root/etc/group"
    in_root -i packages/accession_*.deb packages/libaccession0_*.deb packages/libaccession-dev_*.deb >log 2>&1
    # The program, its manual and completions, the unit, and the library with its headers.
    run -0 "$root/usr/bin/accession" --version
    [[ $output == "accession 0."* ]]
    [[ -s $root/usr/share/man/man1/accession-ingest.1.gz && -s $root/usr/share/man/man7/accession-readonly.7.gz ]]
    [[ -s $root/usr/share/bash-completion/completions/accession ]]
    [[ -s $root/usr/lib/systemd/system/accession-watch@.service || -s $root/lib/systemd/system/accession-watch@.service ]]
    [[ -s $root/usr/include/accession/ingest.h ]]
    library=$(find "$root/usr/lib" -name 'libaccession.so.0')
    [[ -e $library ]]
    in_root --purge accession libaccession-dev libaccession0 >log 2>&1
    # The folder of ledgers and receipts stays: what runs recorded outlives the package.
    find "$root" \( -path "$root/var/lib/dpkg" -o -path "$root/var/lib/accession" \) -prune -o -name '*accession*' -print >left
    cat left
    [[ ! -s left ]]
}
