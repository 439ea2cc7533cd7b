# shellcheck shell=bash
# The sink: nginx answers S3's writes with fixed replies and throws bodies away.
#
# Two oddities. nginx itself acts on If-None-Match: * and would make a 304 of
# every 200, so such requests are answered 201, which every client takes for what
# it is. And the ETag ends in "-1", as of a multipart upload, because a client
# that compares it with its own MD5 leaves such a one alone; beneath again/ it does
# not, since no client compares there, and s3cmd would ask for each such object. A CRC that came with a
# part is sent back, as a server does that has checked it. The probe's question, a byte signed with a digest
# that begins with 01 and then zeros, is refused, as by a server that checks what it is sent.
#
# A body is read before it is answered, since some clients stop sending when they
# have an answer. One above 220 MB is thrown away as it comes: only curl sends such,
# and it sends all of it.
#
# Writes to the bucket "slow" are answered after 50 ms, as by a server that is far away.
#
# It is empty, but for what sink_lists() and sink_holds() put there.

sink_port=
sink_tls_port=
sink_etag=0123456789abcdef0123456789abcdef

sink_config() {
    local xml='<?xml version="1.0" encoding="UTF-8"?>'
    local ns='xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    local etag="\"$sink_etag-1\""
    local created="$xml<InitiateMultipartUploadResult $ns><Bucket>sink</Bucket><Key>\$key</Key><UploadId>sink</UploadId></InitiateMultipartUploadResult>"
    local completed="$xml<CompleteMultipartUploadResult $ns><Bucket>sink</Bucket><Key>\$key</Key><ETag>$etag</ETag></CompleteMultipartUploadResult>"
    local mismatch="$xml<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"
    cat <<CONF
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
worker_processes 1;
pid $work/sink/nginx.pid;
error_log $work/sink/error.log;
events { worker_connections 1024; }
http {
    log_format line '\$msec \$request_time \$request_method \$status \$request_uri';
    access_log $work/sink/access.log line buffer=256k flush=1s;
    client_max_body_size 0;
    client_body_buffer_size 220m;
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
    sendfile on;
    tcp_nopush on;
    map \$content_length \$body {
        "~^([0-9]{1,8}|1[0-9]{8}|2[01][0-9]{7})\$" some;
        default none_or_large;
    }
    map \$args \$page {
        "~(continuation-token|marker)=[^&]*?(?<last>[0-9]+)(&|\$)" \$last;
        default first;
    }
    map \$args \$folder {
        "~(^|&)prefix=(?<prefix>[a-z]+)" \$prefix;
        default none;
    }
    map "\$uri \$body" \$slow {
        "~^/slow/.* some\$" yes;
        default no;
    }
    map \$request_uri \$key {
        "~^/[^/]+/(?<object>[^?]*)" \$object;
        default '';
    }
    map \$http_x_amz_content_sha256 \$wrong {
        "~^0100000000" yes;
        default no;
    }
    map \$request_uri \$etag {
        "~^/[^/]+/again/" '"$sink_etag"';
        default '$etag';
    }
    map "\$request_method \$http_if_none_match \$args \$uri" \$reply {
        default list;
        "~^(GET|HEAD) .* /[^/]+/." read;
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
        add_header ETag \$etag;
        add_header x-amz-checksum-crc32c \$http_x_amz_checksum_crc32c;
        location / {
            if (\$wrong = yes) { return 400 '$mismatch'; }
            if (\$reply = read) { rewrite ^ /objects\$uri last; }
            if (\$reply = list) { rewrite ^ /pages/\$folder/\$page.xml last; }
            if (\$slow = yes) { rewrite ^ /delayed last; }
            if (\$body = some) { rewrite ^ /whole last; }
            try_files /none @answer;
        }
        location = /whole {
            internal;
            echo_read_request_body;
            echo_exec @answer;
        }
        location = /delayed {
            internal;
            echo_read_request_body;
            echo_sleep 0.05;
            echo_exec @answer;
        }
        location @answer {
            if (\$reply = put) { return 200 ''; }
            if (\$reply = put-once) { return 201 ''; }
            if (\$reply = head) { return 404; }
            if (\$reply = delete) { return 204; }
            if (\$reply = create) { return 200 '$created'; }
            if (\$reply = complete) { return 200 '$completed'; }
            return 201 '$completed';
        }
        location /objects/ { internal; root $work/sink; }
        location /pages/ {
            internal;
            root $work/sink;
            types { application/xml xml; }
            try_files \$uri /pages/none/first.xml;
        }
    }
}
CONF
}

# sink_page TRUNCATED: the listing of the lines on standard input: key, size, ETag. A client
# asks for the page after the last key; a continuation token is that key's digits.
sink_page() {
    awk -F '\t' -v truncated="$1" '
        { keys = keys sprintf("<Contents><Key>%s</Key><LastModified>2099-01-01T00:00:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag><Size>%s</Size><StorageClass>STANDARD</StorageClass></Contents>", $1, $3, $2)
          last = $1 }
        END {
            print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            print "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>sink</Name><Prefix></Prefix>"
            printf "<KeyCount>%d</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>%s</IsTruncated>", NR, truncated
            if (truncated == "true") {
                token = last
                sub(/.*[^0-9]/, "", token)
                printf "<NextContinuationToken>%s</NextContinuationToken><NextMarker>%s</NextMarker>", token, last
            }
            print keys "</ListBucketResult>" }'
}

# sink_lists PREFIX: from now on PREFIX holds what standard input says: lines of
# key, size and ETag, sorted by key. The keys of a page's end must differ in their
# last digits. PREFIX is of lower case letters.
sink_lists() {
    local folder=$work/sink/pages/$1 page=first part truncated
    rm -rf "$folder"
    mkdir -p "$folder/parts"
    split -l 1000 -a 6 -d - "$folder/parts/"
    for part in "$folder/parts"/*; do
        truncated=false
        [[ ! -e $folder/parts/$(printf %06d $((10#${part##*/} + 1))) ]] || truncated=true
        sink_page "$truncated" <"$part" >"$folder/$page.xml"
        page=$(tail -n 1 "$part" | cut -f 1 | grep -o '[0-9]*$')
    done
    rm -r "$folder/parts"
}

# sink_holds PREFIX FOLDER: FOLDER's files can be listed and read beneath PREFIX.
# nginx makes an ETag of a file's time and size.
sink_holds() {
    mkdir -p "$work/sink/objects/sink"
    ln -sfn "$2" "$work/sink/objects/sink/$1"
    (cd "$2" && find . -type f -printf '%P\t%s\t%T@\n') | LC_ALL=C sort |
        awk -F '\t' -v prefix="$1" -v OFS='\t' \
            '{ print prefix "/" $1, $2, sprintf("%x-%x", int($3), $2) }' | sink_lists "$1"
}

# sink_forgets PREFIX
sink_forgets() {
    rm -rf "$work/sink/pages/$1" "$work/sink/objects/sink/$1"
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
    mkdir -p "$work/sink/tmp" "$work/sink/pages/none"
    sink_page false </dev/null >"$work/sink/pages/none/first.xml"
    sink_certificates
    sink_config >"$work/sink/nginx.conf"
    # Its memory is kept, not given back after each body.
    MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_MMAP_MAX_=0 \
        PATH=$PATH:/usr/sbin nginx -c "$work/sink/nginx.conf" -e "$work/sink/error.log"
}

# sink_log: what was asked so far; nginx writes it out once a second.
sink_log() {
    sleep 1.2
    cat "$work/sink/access.log"
}

sink_stop() {
    [[ -s $work/sink/nginx.pid ]] || return 0
    kill "$(<"$work/sink/nginx.pid")" 2>/dev/null || true
    sink_port=
}
