# shellcheck shell=bash
# After "run COMMAND": assert_status, assert_says, refute_says. Each shows what
# was seen when it fails.

# bats sets $status and $output.
# shellcheck disable=SC2154

# fail TEXT
fail() {
    printf '%s\n' "$1"
    return 1
}

assert_status() {
    [[ $status == "$1" ]] && return 0
    printf 'exit status %s, expected %s; it said:\n%s\n' "$status" "$1" "$output"
    return 1
}

# said TEXT: as it stands, or wrapped over lines and indented.
said() {
    [[ $output == *"$1"* || $(tr -s ' \n' ' ' <<<"$output") == *"$1"* ]]
}

assert_says() {
    said "$1" && return 0
    printf 'not said: %s\nit said:\n%s\n' "$1" "$output"
    return 1
}

refute_says() {
    said "$1" || return 0
    printf 'said, but should not be: %s\nit said:\n%s\n' "$1" "$output"
    return 1
}

# assert_equal GOT EXPECTED [WHAT]
assert_equal() {
    [[ $1 == "$2" ]] && return 0
    printf '%s: got %q, expected %q\n' "${3:-values differ}" "$1" "$2"
    return 1
}
