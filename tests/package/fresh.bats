#!/usr/bin/env bats
# A fresh Debian, made by debootstrap, in which the package accession is installed and nothing else of this
# project: it archives a bag to the sandbox, and its manual and completions are at work.
# bats expands @test, and $status and $output come from "run". apt, dpkg and the shell inside expand what is quoted.
# shellcheck disable=SC2154,SC2016

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup() {
    common_setup
    root=$BATS_TEST_TMPDIR/root
    export ACCESSION_SANDBOX_DIR=$BATS_TEST_TMPDIR/sandbox
}

teardown() {
    sandbox stop >/dev/null 2>&1 || true
    umount "$root/proc" 2>/dev/null || true
}

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

# Where this machine's own apt gets its Debian from: SUITE URI.
own_source() {
    # shellcheck disable=SC2016  # apt expands these
    apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$(sed -n s/^VERSION_CODENAME=//p /etc/os-release)" '$1 == suite && $3 == "main" { print $1, $2; exit }'
}

# The root reaches the mirror, which debootstrap wrote down there, as this machine does.
copy_network() {
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    cp -rL /etc/apt/apt.conf.d /etc/apt/auth.conf.d "$root/etc/apt/"
    [[ ! -e /etc/apt/apt.conf ]] || cp /etc/apt/apt.conf "$root/etc/apt/"
    mkdir -p "$root/etc/ssl"
    cp -rL /etc/ssl/certs "$root/etc/ssl/"
}

@test "a fresh Debian where only the package is installed: a bag is archived, man and completion work" {
    local suite mirror page
    ((EUID == 0)) || skip "a root of its own is for root"
    # CI does not install it: this takes as long as all other tests of the package together.
    command -v debootstrap >/dev/null || skip "debootstrap is not installed"
    git -C "$repository" rev-parse -q --verify HEAD >/dev/null || skip "packages are made from a git repository"
    read -r suite mirror < <(own_source) || skip "apt has no source of Debian here"
    curl -sfL -o /dev/null "${mirror%/}/dists/$suite/Release" || skip "apt's mirror cannot be reached"
    # What is lost if the power goes now was for this test alone.
    mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    debootstrap --variant=minbase --include=man-db,bash-completion "$suite" "$root" "$mirror" >log 2>&1 || {
        ! grep -q 'Cannot install into target' log || skip "no devices can be made here"
        tail log
        return 1
    }
    # bash completes by /dev/fd, man formats by pipes.
    mount -t proc proc "$root/proc" || skip "no /proc can be mounted here"
    "$repository/tools/package" deb packages >/dev/null
    copy_network
    cp packages/accession_*.deb "$root/tmp/"
    inside apt-get -q update >log 2>&1
    inside sh -c 'apt-get -q -y --no-install-recommends install /tmp/accession_*.deb' >log 2>&1 || { tail log && return 1; }
    run -0 inside dpkg-query -W -f '${Package}\n' '*accession*'
    assert_equal "$output" accession "packages of this project"

    # The user archives a bag, and reads it back.
    sandbox start >&2
    eval "$(sandbox env)"
    make_bag "$root/srv/bag" 3 10K
    inside useradd --create-home archivist
    as_archivist() {
        inside runuser -u archivist -- env HOME=/home/archivist AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID" \
            AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" "$@"
    }
    run -0 as_archivist accession ingest /srv/bag s3://archive/bag
    assert_says "7 files"
    run -0 as_archivist accession verify /srv/bag s3://archive/bag
    run -0 as_archivist accession restore s3://archive/bag /home/archivist/back
    diff -r "$root/srv/bag" "$root/home/archivist/back"

    # The manual: found by the name of the program, and every page can be read.
    run -0 inside man -k accession
    for page in accession accession-ingest accession-tutorial accession.conf accession-operations accession-readonly; do
        grep -q "^$page (" <<<"$output" || fail "man -k accession does not list $page"
    done
    while read -r page _; do
        inside man "$page" >text 2>err || fail "man $page: $(<err)"
        # Terminals are narrower than the longest of S3's actions: groff warns of that.
        grep -v "can't break line" err >errors || true
        [[ -s text && ! -s errors ]] || fail "man $page: $(<errors)"
    done <<<"$output"

    # Completion: bash finds it by itself when Tab is pressed for the first time.
    completes() {
        inside bash -c '. /usr/share/bash-completion/bash_completion
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _completion_loader "$1" || (($? == 124)) || exit 1
            "$(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")" "$1" "${@: -1}"
            printf "%s\n" "${COMPREPLY[@]}"' - "$@"
    }
    assert_equal "$(completes accession ing)" ingest
    assert_equal "$(completes accession verify --level st)" stored

    # It goes as it came, but for what it archived.
    inside apt-get -q -y purge accession >log 2>&1
    [[ -z $(inside sh -c 'command -v accession') && -s $root/home/archivist/.local/state/accession/ledger.db ]]
}
