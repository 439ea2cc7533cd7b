# shellcheck shell=bash disable=SC2034
# Programs that Debian does not have, built from Go modules where Go is installed. Sourced by tools/bench and
# tools/lib/compat.sh. They are kept in $ACCESSION_SERVERS, by default ~/.cache/accession/servers.

go_programs=${ACCESSION_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/accession/servers}

# go_program MODULE VERSION PACKAGE PROGRAM: built within its own module, since "go install" refuses one
# that replaces another.
go_program() {
    local source
    [[ ! -x $4 ]] || return 0
    mkdir -p "$(dirname "$4")"
    source=$(go mod download -json "$1@$2" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    [[ -n $source ]] && (cd "$source" && go build -mod=readonly -o "$4.new" "$3") && mv "$4.new" "$4"
}

