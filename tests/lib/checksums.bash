# shellcheck shell=bash
# What is on record of an object's additional checksum, and what a server says of it. After helpers.
# $repository is theirs.
# shellcheck disable=SC2154

# on_record PATH [COLUMN]: "crc64nvme:BASE64", or nothing, as the ledger has it.
on_record() {
    local value digests
    IFS='|' read -r value digests < <(ledger_query "$XDG_STATE_HOME/accession/ledger.db" \
        "SELECT o.${2:-checksum}, hex(o.digests) FROM object o JOIN entry e ON e.id = o.entry
            WHERE e.path = '$1' ORDER BY o.run DESC, o.seq DESC LIMIT 1")
    recorded "$value" "$digests"
}

# recorded VALUE DIGESTS: "sha256:=" stands for the SHA-256 among the digests (algorithm number 4).
recorded() {
    if [[ $1 == sha256:= ]]; then
        printf 'sha256:%s\n' "$(cut -c 3-66 <<<"$2" | xxd -r -p | base64)"
    else
        echo "$1"
    fi
}

# kept_by_server URL: the same, by HeadObject with checksum mode, signed with AWS_*. moto leaves the
# "-N" of composite ones off.
kept_by_server() {
    local head sum
    head=$(curl -sS -f -I --path-as-is --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -H 'x-amz-checksum-mode: ENABLED' "$1" | tr -d '\r') || return 1
    sum=$(sed -nE 's/^x-amz-checksum-(sha256|crc64nvme|crc32c): */\1:/Ip' <<<"$head" | sed 's/^[^:]*/\L&/')
    if [[ $sum == sha256:* && $sum != *-* && $head =~ [0-9a-f]{32}(-[0-9]+)\" ]]; then
        sum+=${BASH_REMATCH[1]}
    fi
    echo "$sum"
}

# crc ALGORITHM FILE: Base64, byte by byte: nothing of it is the program's.
crc() {
    PYTHONPATH=$repository/tests/lib/moto_python python3 - "$1" "$2" <<'PYTHON'
import base64, sys
from awscrt import checksums
from crc32c import crc32c

of, size = {"crc32c": (crc32c, 4), "crc64nvme": (checksums.crc64nvme, 8)}[sys.argv[1]]
with open(sys.argv[2], "rb") as file:
    print(base64.b64encode(of(file.read()).to_bytes(size, "big")).decode())
PYTHON
}

# composite ALGORITHM FILE PART-SIZE: of parts of so many bytes.
composite() {
    PYTHONPATH=$repository/tests/lib/moto_python python3 - "$@" <<'PYTHON'
import base64, hashlib, sys
from crc32c import crc32c

of = {"sha256": lambda data: hashlib.sha256(data).digest(),
      "crc32c": lambda data: crc32c(data).to_bytes(4, "big")}[sys.argv[1]]
with open(sys.argv[2], "rb") as file:
    data, step = file.read(), int(sys.argv[3])
parts = [of(data[at:at + step]) for at in range(0, len(data), step)]
print(base64.b64encode(of(b"".join(parts))).decode() + f"-{len(parts)}")
PYTHON
}

# whole ALGORITHM FILE: Base64, of all of it.
whole() {
    if [[ $1 == sha256 ]]; then sha256_base64 "$2"; else crc "$@"; fi
}

# sha256_base64 FILE
sha256_base64() {
    openssl dgst -sha256 -binary "$1" | base64
}
