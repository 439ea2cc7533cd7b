# shellcheck shell=bash
# Configures and compiles with Meson. Sourced by tools/quickstart and tools/test.

# cached COMPILER: with ccache, if that is installed
cached() {
    if command -v ccache >/dev/null; then echo "ccache $1"; else echo "$1"; fi
}

# build FOLDER [meson setup arguments]; the compiler is $CC. Quiet unless it fails.
build() {
    local folder=$1 log
    shift
    log=$(mktemp)
    if build_loudly "$folder" "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    # The compiler's complaints stand at the end; a whole log does not help.
    tail -n 60 "$log" >&2
    rm -f "$log"
    return 1
}

build_loudly() {
    local folder=$1
    shift
    # An interrupted setup leaves a folder that Meson can't use.
    if [[ ! -f $folder/build.ninja ]]; then
        rm -rf "$folder/meson-private" "$folder/meson-info"
        meson setup "$folder" "$@" || return 1
    fi
    meson compile -C "$folder"
}
