#!/bin/sh
# layers.sh ROOT: a folder of src/ includes only folders below it, never one beside it; the command
# line knows the library by its public face alone; that face shows no type of a library below it.
set -eu
cd "$1"
status=0

level() {
    case $1 in
    base) echo 0 ;;
    digest | loop | ledger) echo 1 ;;
    manifest | s3 | receipt | policy) echo 2 ;;
    plan) echo 3 ;;
    ingest | verify | watch | report) echo 4 ;;
    cli) echo 5 ;;
    *) echo unknown ;;
    esac
}

wrong() {
    echo "$*"
    status=1
}

for folder in src/*/; do
    from=$(basename "$folder")
    [ "$(level "$from")" != unknown ] || wrong "src/$from: belongs to no layer; add it to tests/structure/layers.sh"
done

includes=$(grep -rn '^#include "' src --include='*.[ch]')
[ -n "$includes" ]
while IFS= read -r line; do
    file=${line%%:*}
    from=$(echo "$file" | cut -d/ -f2)
    to=$(echo "$line" | sed -E 's/.*#include "([^/"]*).*/\1/')
    [ "$from" != "$to" ] || continue
    case $(level "$to") in
    unknown) wrong "$line: no folder of src/ (write #include \"folder/name.h\")" ;;
    *)
        if [ "$from" = cli ]; then
            [ "$to" = base ] || wrong "$line: the command line uses include/accession and base only"
        elif [ "$(level "$from")" -le "$(level "$to")" ]; then
            wrong "$line: is not below src/$from"
        fi
        ;;
    esac
done <<LINES
$includes
LINES

if grep -nE '#include <(uv|curl/|sqlite3|libxml/|openssl/|jansson)|\b(uv_|CURL|sqlite3|xml[A-Z])' include/accession/*.h; then
    wrong "include/accession: shows what the library is made of"
fi
exit $status
