# shellcheck shell=bash
# The Debian packages that the project uses, in groups, and one function that
# installs those that are missing. To be sourced, never run.
#
#   need_packages build sandbox     # names what it installs; silent otherwise
#
# Set ACCESSION_NO_INSTALL=1 to list what is missing instead.

packages_in_group() {
    case $1 in
    build)
        printf '%s\n' meson ninja-build pkg-config gcc libc6-dev \
            libcurl4-openssl-dev libssl-dev libxml2-dev zlib1g-dev libuv1-dev \
            libsqlite3-dev libjansson-dev libarchive-dev \
            libutf8proc-dev libmagic-dev libisal-dev python3 scdoc
        ;;
    sandbox)
        printf '%s\n' ceph-mon ceph-osd radosgw ceph-common curl ca-certificates
        ;;
    quick)
        printf '%s\n' libcmocka-dev bats parallel clang-format awscli python3-botocore xxd jq \
            curl openssl sqlite3 procps git ccache
        ;;
    tests)
        printf '%s\n' clang libclang-rt-14-dev clang-tidy cppcheck valgrind strace haproxy libxml2-utils tmux shellcheck \
            python3-jsonschema chromium faketime iproute2 tinyproxy-bin fish zsh mandoc pkg-config \
            slurmctld slurmd slurm-client munge python3-yaml
        ;;
    coverage)
        printf '%s\n' gcovr
        ;;
    swift)
        printf '%s\n' python3-swift
        ;;
    package)
        printf '%s\n' debhelper dpkg-dev lintian fakeroot git
        ;;
    bench)
        printf '%s\n' nginx-light rclone s3cmd awscli curl openssl time perl sqlite3 strace
        ;;
    *)
        echo "packages: no group called '$1'" >&2
        return 2
        ;;
    esac
}

# Prints those of the packages given that are not installed, one a line.
packages_missing() {
    local installed package
    # dpkg-query fails when it doesn't know one of the names: that one is missing.
    # shellcheck disable=SC2016  # dpkg-query expands these, not the shell
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" \
        2>/dev/null || true)
    for package in "$@"; do
        grep -qxF "$package installed" <<<"$installed" || echo "$package"
    done
}

need_packages() {
    local group names=() missing=()
    for group in "$@"; do
        mapfile -t -O "${#names[@]}" names < <(packages_in_group "$group")
    done
    if ! command -v dpkg-query >/dev/null; then
        echo "This is not Debian; the packages needed there are called:" >&2
        printf '  %s\n' "${names[*]}" >&2
        return 0
    fi
    mapfile -t missing < <(packages_missing "${names[@]}" | sort -u)
    ((${#missing[@]})) || return 0
    if [[ -n ${ACCESSION_NO_INSTALL:-} ]]; then
        echo "These packages are missing: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing with apt-get: ${missing[*]}" | fold -s -w 78
    packages_install "${missing[@]}"
}

packages_install() {
    local as_root=() log
    if [[ $(id -u) != 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "Not root, and sudo is not installed. As root, run:" >&2
            echo "  apt-get install $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    log=$(mktemp)
    # An update that fails (no network) need not matter: try the install anyway.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 || true
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
        install "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        echo "apt-get could not install: $*" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
