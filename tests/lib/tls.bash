# shellcheck shell=bash
# Certificates made on the spot, and HAProxy in front of a server: `load ../lib/tls` after helpers or
# scripted. Everything lies in the test's own folder; front_stop in teardown.

# tls_authority NAME: NAME.pem and NAME.key, an authority of its own.
tls_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# tls_certificate NAME AUTHORITY ALTERNATIVE-NAMES [openssl x509 options]: NAME.pem holds certificate
# and key, as HAProxy and curl read them. Names as in "DNS:localhost,IP:127.0.0.1".
tls_certificate() {
    local name=$1 authority=$2 names=$3
    shift 3
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$name" \
        -keyout "$name.key" -out "$name.csr" 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA "$authority.pem" -CAkey "$authority.key" -days 2 \
        -extfile <(echo "subjectAltName=$names") -out "$name.crt" "$@" 2>/dev/null
    cat "$name.crt" "$name.key" >"$name.pem"
}
