# shellcheck shell=bash
# The sink: nginx answers S3's writes with fixed replies and throws bodies away.
#
# Two oddities. nginx itself acts on If-None-Match: * and would make a 304 of
# every 200, so such requests are answered 201, which every client takes for what
# it is. And the ETag ends in "-1", as of a multipart upload, because a client
# that compares it with its own MD5 leaves such a one alone. A CRC that came with a
# part is sent back, as a server does that has checked it.

sink_port=
sink_tls_port=

sink_config() {
    local xml='<?xml version="1.0" encoding="UTF-8"?>'
    local ns='xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    local etag='"0123456789abcdef0123456789abcdef-1"'
    local created="$xml<InitiateMultipartUploadResult $ns><Bucket>sink</Bucket><Key>key</Key><UploadId>sink</UploadId></InitiateMultipartUploadResult>"
    local completed="$xml<CompleteMultipartUploadResult $ns><Bucket>sink</Bucket><Key>key</Key><ETag>$etag</ETag></CompleteMultipartUploadResult>"
    local nothing="$xml<ListBucketResult $ns><Name>sink</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
    cat <<CONF
worker_processes 1;
pid $work/sink/nginx.pid;
error_log $work/sink/error.log;
events { worker_connections 1024; }
http {
    log_format line '\$msec \$request_time \$request_method \$status \$uri';
    access_log $work/sink/access.log line buffer=256k flush=1s;
    client_max_body_size 0;
    keepalive_requests 100000000;
    keepalive_timeout 1h;
    lingering_time 1h;
    ssl_certificate $work/sink/server.pem;
    ssl_certificate_key $work/sink/server.key;
    client_body_temp_path $work/sink/tmp;
    proxy_temp_path $work/sink/tmp;
    fastcgi_temp_path $work/sink/tmp;
    uwsgi_temp_path $work/sink/tmp;
    scgi_temp_path $work/sink/tmp;
    map "\$request_method \$http_if_none_match \$args" \$reply {
        default list;
        "~^DELETE" delete;
        "~^HEAD" head;
        "~^PUT \\*" put-once;
        "~^PUT" put;
        "~^POST [^ ]* uploads" create;
        "~^POST \\*" complete-once;
        "~^POST" complete;
    }
    server {
        listen 127.0.0.1:$sink_port;
        listen 127.0.0.1:$sink_tls_port ssl;
        default_type application/xml;
        add_header ETag '$etag';
        add_header x-amz-checksum-crc32c \$http_x_amz_checksum_crc32c;
        location / {
            if (\$reply = put) { return 200 ''; }
            if (\$reply = put-once) { return 201 ''; }
            if (\$reply = head) { return 404; }
            if (\$reply = delete) { return 204; }
            if (\$reply = create) { return 200 '$created'; }
            if (\$reply = complete) { return 200 '$completed'; }
            if (\$reply = complete-once) { return 201 '$completed'; }
            return 200 '$nothing';
        }
    }
}
CONF
}

sink_certificates() (
    cd "$work/sink" || exit 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ca.key \
        -out ca.pem -subj '/CN=bench CA' 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
        -out server.csr -subj /CN=localhost 2>/dev/null
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out server.pem 2>/dev/null
)

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && echo "$port" && return
    done
}

sink_start() {
    [[ -z $sink_port ]] || return 0
    sink_port=$(free_port)
    sink_tls_port=$(free_port)
    mkdir -p "$work/sink/tmp"
    sink_certificates
    sink_config >"$work/sink/nginx.conf"
    PATH=$PATH:/usr/sbin nginx -c "$work/sink/nginx.conf" -e "$work/sink/error.log"
}

# sink_forget: the log begins anew.
sink_forget() {
    : >"$work/sink/access.log"
}

sink_stop() {
    [[ -s $work/sink/nginx.pid ]] || return 0
    kill "$(<"$work/sink/nginx.pid")" 2>/dev/null || true
    sink_port=
}
