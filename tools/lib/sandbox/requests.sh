# shellcheck shell=bash
# What the gateway was asked, read from its access log. Sourced by tools/sandbox.
#
# The gateway writes its log in the background. To know that everything answered
# so far is in it, ask for something unmistakable and wait until that appears.

rgw_log() {
    echo "$dir/log/client.rgw.log"
}

# settle_log FROM: prints the offset (beyond FROM) of the end of everything that was answered before now.
settle_log() {
    local token line _
    token=settle-$(random_hex 8)
    curl -s -o /dev/null -A "$sandbox_agent" --max-time 30 \
        "$endpoint/?$token" || true
    for _ in {1..1500}; do
        if line=$(tail -c "+$(($1 + 1))" "$(rgw_log)" |
            grep -a -b -F "GET /?$token "); then
            echo $(($1 + ${line%%:*}))
            return 0
        fi
        sleep 0.02
    done
    echo "sandbox: the gateway's log doesn't follow" >&2
    return 1
}

requests() {
    local mark=0 end
    [[ ${1:-} == all ]] || mark=$(cat "$dir/requests.mark" 2>/dev/null || echo 0)
    end=$(settle_log "$mark") || return 1
    if [[ ${1:-} == mark ]]; then
        echo "$end" >"$dir/requests.mark"
        return 0
    fi
    head -c "$end" "$(rgw_log)" | tail -c "+$((mark + 1))" | print_requests
}

# Access log line -> METHOD PATH STATUS START (UTC, as of date -u +%FT%T.%3N).
# A path never holds a space: it is percent-encoded. Our own requests, and those
# of the test helpers, are left out.
print_requests() {
    sed -nE '/"accession-(sandbox|tests)" - latency=/d
        s|^.* beast: 0x[0-9a-f]+: [^ ]+ - [^[]*\[([^]]*) [+]0000\] "([A-Z]+) ([^ ]*) HTTP/[0-9.]+" ([0-9]+) .*|\2 \3 \4 \1|p' |
        awk '{
            split($4, t, "[/:]")
            month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", t[2]) + 2) / 3
            printf "%s %s %s %s-%02d-%sT%s:%s:%s\n", $1, $2, $3,
                t[3], month, t[1], t[4], t[5], t[6]
        }'
}
