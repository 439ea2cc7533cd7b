#!/bin/sh
# hardening.sh PROGRAM COMPILE_COMMANDS: the program is built so that a mistake in it ends it. What the file
# itself shows is read from it, the rest from how its sources were compiled.
set -eu
program=$1 commands=$2
status=0

# holds WHAT COMMAND...: COMMAND finds something.
holds() {
    what=$1
    shift
    if "$@" >/dev/null; then echo "ok: $what"; else echo "MISSING: $what" && status=1; fi
}
headers() { readelf -hldW "$program"; }
calls() { readelf --dyn-syms -W "$program"; }
code() { objdump -d --no-show-raw-insn "$program"; }

position_independent() { headers | grep 'Type: *DYN' && headers | grep 'FLAGS_1.*PIE'; }
full_relro() { headers | grep GNU_RELRO && headers | grep 'FLAGS_1.*NOW'; }
stack_not_executable() { headers | grep 'GNU_STACK.* RW  *0x' && ! headers | grep 'LOAD.* RWE '; }
no_search_path() { ! headers | grep -E '\((RPATH|RUNPATH)\)'; }
stack_protected() { calls | grep __stack_chk_fail; }
fortified() { calls | grep -E '__(v?snprintf|memcpy|read)_chk'; }
stack_probed() { code | grep -E 'or[lq] +\$0x0,.*\(%rsp\)'; }
# The first instruction of every function that another file may call.
branches_marked() {
    code | awk '/^[0-9a-f]+ <(main|acc_[a-z0-9_]+)>:$/ { name = $2; getline; n++; if ($0 !~ /endbr64/) { print name; bad = 1 } }
        END { exit bad || n < 100 }' >&2
}
# Of every source of the program there is a command, and each of them has the option.
compiled_with() {
    jq -e --arg option "$1" '[.[] | select(.file | test("(^|/)src/.*\\.c$")) | .command | contains($option)] | length > 100 and all' "$commands"
}

holds "position-independent executable" position_independent
holds "full RELRO" full_relro
holds "stack is not executable" stack_not_executable
holds "no library search path" no_search_path
holds "stack protector" stack_protected
holds "stack protector strong, everywhere" compiled_with -fstack-protector-strong
holds "fortified calls" fortified
holds "FORTIFY_SOURCE=3, everywhere" compiled_with -D_FORTIFY_SOURCE=3
holds "stack clash protection, everywhere" compiled_with -fstack-clash-protection
case $(uname -m) in
x86_64)
    holds "large frames are probed" stack_probed
    holds "branch targets marked (CET)" branches_marked
    holds "CET, everywhere" compiled_with -fcf-protection=full
    ;;
esac
exit $status
