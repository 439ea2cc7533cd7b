#!/bin/sh
# headers.sh ROOT FLAGS...: every header compiles alone, in C with gcc and with clang.
set -eu
root=$1
shift
status=0 count=0
for header in "$root"/include/accession/*.h "$root"/src/*/*.h "$root"/src/*/*/*.h; do
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        count=$((count + 1))
        $compiler -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only \
            -I"$root/include" -I"$root/src" "$@" -x c "$header" || status=1
    done
done
echo "$count headers compiled alone"
[ $count -gt 0 ] && exit $status
