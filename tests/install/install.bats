#!/usr/bin/env bats
# What `meson install` puts down, used as users would: the manual, completions in real shells, the
# unit, and the library with its example. Everything goes into a folder of the test's own.
# bats expands @test, and $status and $output come from "run"; SCRIPTED_URL is the server's.
# Backquotes stand for code blocks of a page.
# shellcheck disable=SC2154,SC2016

bats_require_minimum_version 1.5.0
load ../lib/helpers
load ../lib/scripted

setup_file() {
    export ROOT=$BATS_FILE_TMPDIR/root
    meson install -C "$(dirname "${ACCESSION:?}")" --no-rebuild --quiet --destdir "$ROOT"
    PREFIX=$(find "$ROOT" -path '*/bin/accession' | sed 's,/bin/accession$,,')
    export PREFIX
    "$ACCESSION" internals options >"$BATS_FILE_TMPDIR/options.json"
}

setup() {
    common_setup
    unset "${!AWS_@}"
    export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    export PATH=$PREFIX/bin:$PATH
    options=$BATS_FILE_TMPDIR/options.json
}

teardown() {
    scripted_stop
}

@test "every command has a manual page with every option, and every page can be read" {
    local command option page
    for command in $(jq -r '.commands[].name' "$options"); do
        page=$PREFIX/share/man/man1/accession-$command.1
        mandoc -T utf8 "$page" | col -b >text
        for option in $(jq -r --arg c "$command" '.options[].name, (.commands[] | select(.name == $c).groups[].options[].name)' "$options"); do
            grep -q -- "--$option" text || { echo "$page lacks --$option" && return 1; }
        done
    done
    find "$PREFIX/share/man" -type f >pages
    (($(wc -l <pages) >= 19))
    while read -r page; do
        run -0 mandoc -T lint -W error "$page"
        # A name that a line's end cuts in two cannot be copied.
        awk '/^[.]TH/ { getline a; getline b; exit !(a b ~ /[.]nh/ && a b ~ /[.]cflags 0 -/) }' "$page"
        # A page that is named in SEE ALSO exists.
        grep -oE 'accession[a-z.-]*\\f[A-Z]\([0-9]\)' "$page" | sed -E 's/\\f[A-Z]\(([0-9])\)/.\1/' | sort -u >named
        while read -r name; do
            [[ -e $PREFIX/share/man/man${name##*.}/$name ]] || { echo "$page names $name" && return 1; }
        done <named
    done <pages
}

@test "--help has every option too" {
    local command option
    for command in $(jq -r '.commands[].name' "$options"); do
        accession "$command" --help >text
        for option in $(jq -r --arg c "$command" '.options[].name, (.commands[] | select(.name == $c).groups[].options[].name)' "$options"); do
            grep -q -- "--$option" text || { echo "accession $command --help lacks --$option" && return 1; }
        done
    done
}

configured() {
    mkdir -p "$HOME/.config/accession" "$HOME/.aws"
    printf '[archive]\nurl = s3://b\n[museum]\nurl = s3://c\n' >"$HOME/.config/accession/accession.conf"
    printf '[default]\n[profile curator]\n' >"$HOME/.aws/config"
}

# bash_completes WORD...: what Tab offers after these words.
bash_completes() {
    bash --norc --noprofile -c '
        . "$1" && shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _accession
        printf "%s\n" "${COMPREPLY[@]}"' - "$PREFIX/share/bash-completion/completions/accession" "$@"
}

@test "bash completes commands, options, values, profiles and destinations" {
    configured
    [[ $(bash_completes accession ing) == ingest ]]
    [[ $(bash_completes accession ingest --stor) == --storage-class ]]
    [[ $(bash_completes accession verify --level st) == stored ]]
    [[ $(bash_completes accession ingest --profile cur) == curator ]]
    [[ $(bash_completes accession ingest x arch) == archive: ]]
    [[ $(bash_completes accession config sh) == show ]]
    local option
    for option in $(jq -r '.commands[] | select(.name == "ingest").groups[].options[].name' "$options"); do
        bash_completes accession ingest "--$option" | grep -qx -- "--$option"
    done
}

@test "fish completes commands, options, values and destinations" {
    command -v fish >/dev/null || skip "fish is not installed"
    configured
    fish_completes() {
        fish --no-config -c "source $PREFIX/share/fish/vendor_completions.d/accession.fish; complete -C'$*'" | cut -f1
    }
    fish_completes accession ing | grep -qx ingest
    fish_completes accession ingest --stor | grep -qx -- --storage-class
    fish_completes accession verify --level st | grep -qx stored
    fish_completes accession ingest x arch | grep -qx archive:
}

@test "zsh completes commands, options, values and destinations" {
    command -v zsh >/dev/null || skip "zsh is not installed"
    configured
    local socket
    # A shell on a terminal of its own, since zsh completes nowhere else.
    zsh_completes() {
        socket=accession-zsh-$$-$RANDOM
        tmux -L "$socket" new-session -d -x 200 -y 50 \
            "env HOME=$HOME PATH=$PATH zsh -f"
        tmux -L "$socket" send-keys "fpath=($PREFIX/share/zsh/site-functions \$fpath); autoload -U compinit; compinit -D -u; PS1='ready>'; clear" Enter
        until_true zsh_shows 'ready>$'
        tmux -L "$socket" send-keys "$1" Tab
        until_true zsh_shows "$2"
        tmux -L "$socket" kill-server
    }
    zsh_shows() {
        tmux -L "$socket" capture-pane -p | sed 's/ *$//' | grep -qE -- "$1"
    }
    zsh_completes 'accession inge' 'accession ingest'
    zsh_completes 'accession ingest --storage' '--storage-class='
    zsh_completes 'accession verify --level=sto' '--level=stored'
    zsh_completes 'accession ingest x arch' 'archive:'
}

@test "the unit is valid and names the program that was installed" {
    local unit
    unit=$(find "$PREFIX/lib/systemd/system" -name 'accession-watch@.service')
    grep -q "^ExecStart=${PREFIX#"$ROOT"}/bin/accession watch" "$unit"
    [[ -s $PREFIX/lib/sysusers.d/accession.conf && -s $PREFIX/lib/tmpfiles.d/accession.conf ]]
}

@test "the library exports acc_* only, and its example archives one file" {
    local library flags
    library=$(find "$PREFIX/lib" -name 'libaccession.so.0')
    [[ -z $(nm -D --defined-only "$library" | awk '$2 != "A" && $3 !~ /^acc_/') ]]
    nm -D --defined-only "$library" | grep -q ' acc_ingest'
    run -1 grep ' acc_upload_' <(nm -D --defined-only "$library")
    export PKG_CONFIG_PATH=${library%/*}/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT
    read -ra flags < <(pkg-config --cflags --libs libaccession)
    cc -Wall -Wextra -Werror "$PREFIX/share/doc/accession/examples/archive_one.c" "${flags[@]}" -o archive_one
    export LD_LIBRARY_PATH=${library%/*}
    scripted_start
    export AWS_ENDPOINT_URL=$SCRIPTED_URL
    echo "one file" >letter.txt
    run -0 ./archive_one letter.txt "$(sha256sum <letter.txt | cut -d' ' -f1)" s3://bucket/p
    [[ $output == *"letter.txt: archived"* ]]
    assert_equal "$(scripted_sha256 bucket p/letter.txt)" "$(sha256sum <letter.txt | cut -d' ' -f1)"
    run -1 ./archive_one letter.txt "$(printf '%064d' 0)" s3://bucket/q
    assert_equal "$(scripted_objects length)" 1
}

# "*TABLE*" and, in the lines below it, "_COLUMN_" of accession-ledger(5).
@test "the ledger has every table and column of its manual page, and the page's query works" {
    local page=$repository/src/man/accession-ledger.5.scd table column
    scripted_start
    mkdir files && echo one >files/a && make_list files list
    run -0 accession ingest files s3://bucket/p -m list --endpoint-url "$SCRIPTED_URL" --ledger ledger.db
    sed -n '/^# TABLES/,/^# EXAMPLE/p' "$page" | awk '
        /^\*/ { n = split($0, tables, ", "); next }
        /^\t/ { gsub(/\\/, ""); line = $0
            while (match(line, /_[a-z0-9][a-z0-9_]*_/)) {
                for (i = 1; i <= n; i++) print substr(tables[i], 2, length(tables[i]) - 2), substr(line, RSTART + 1, RLENGTH - 2), n
                line = substr(line, RSTART + RLENGTH) } }' >columns
    (($(wc -l <columns) > 40))
    while read -r table column count; do
        # Of two tables that share a paragraph, one has the column.
        ((count > 1)) || [[ $(sqlite3 ledger.db "SELECT 1 FROM pragma_table_info('$table') WHERE name = '$column'") == 1 ]] ||
            { echo "$table.$column" && return 1; }
    done <columns
    # And the page has every table.
    cut -d' ' -f1 columns | sort -u >named
    sqlite3 ledger.db "SELECT name FROM sqlite_schema WHERE type = 'table'" | sort >tables
    diff named tables
    mkdir -p "$HOME/.local/state/accession" && cp ledger.db "$HOME/.local/state/accession/"
    sed -n '/^# EXAMPLE/,/^# SEE/p' "$page" | sed -n '/^```/,/^```/p' | sed '/^```/d' >query
    run -0 bash query
    [[ $output == "s3://bucket/p|1" ]]
}
