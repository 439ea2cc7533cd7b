#!/usr/bin/env bats
# The ready hooks for accession watch --on-event (tools/examples/on-event), with events as the watcher sends them.
# bats expands @test, and $status and $output come from "run".
# shellcheck disable=SC2154

load ../lib/helpers

setup() {
    common_setup
    hooks=$repository/tools/examples/on-event
    mkdir bin
    export PATH=$BATS_TEST_TMPDIR/bin:$PATH
    rejected='{"event":"rejected","time":"2026-11-22T10:04:11.218Z","folder":"/srv/in","destination":"s3://archive/in","queued":3,"arrival":"Böxe 7","url":"s3://archive/in/Böxe 7","run":"2026-11-22T10-04-11Z-7f3a","receipt":"/srv/rejected/receipt.json","files":12,"code":"DIGEST","reason":"1 file differs","refused":1}'
    archived='{"event":"archived","time":"2026-11-22T10:04:11.218Z","folder":"/srv/in","destination":"s3://archive/in","queued":0,"arrival":"a","url":"s3://archive/in/a","files":12}'
    halted='{"event":"halted","time":"2026-11-22T10:04:11.218Z","folder":"/srv/in","destination":"s3://archive/in","queued":2,"code":"REFUSED","reason":"the bucket refuses writes\nBcc: evil@example.org"}'
    due='{"event":"due","time":"2026-11-22T00:00:01.218Z","folder":"/srv/in","destination":"s3://archive/in","queued":0,"due_after":90,"due_bags":2,"due_files":31,"due":[{"url":"s3://archive/in/a\nBcc: x","files":30,"last_read":null},{"url":"s3://archive/in/b","files":1,"last_read":"2026-01-22T10:04:11.218Z"}]}'
    digest='{"event":"digest","time":"2026-11-22T00:00:01.218Z","folder":"/srv/in","destination":"s3://archive/in","queued":0,"digest":{"type":"digest","since":"2026-11-21T00:00:00.000Z","until":"2026-11-22T00:00:01.000Z","bags":9,"files":31,"bytes":5,"attention":0,"due_bags":2,"due_files":31,"arrived":2,"rejected":1,"runs":2,"archived":20,"refused":1,"withheld":0,"checked":0,"different":0,"halted":0,"not_ended":0,"people":[{"arrival":"box","folder":"/srv/in","outcome":"DIGEST","reason":"1 file differs"}]}}'
}

teardown() {
    [[ -z ${RECEIVER:-} ]] || kill "$RECEIVER" 2>/dev/null || true
}

# stand_in NAME [STATUS]: a program that keeps its arguments and its input.
stand_in() {
    printf '#!/bin/sh\necho "$@" >%q\ncat >>%q\nexit %s\n' "$BATS_TEST_TMPDIR/$1.args" "$BATS_TEST_TMPDIR/$1.in" "${2:-0}" >"bin/$1"
    chmod +x "bin/$1"
}

@test "mail: what needs a person, in sentences; nothing for the rest; a failure is one" {
    stand_in sendmail
    export MAIL_TO=archive@example.org
    "$hooks/mail" <<<"$archived"
    [[ ! -e sendmail.in ]]
    "$hooks/mail" <<<"$rejected"
    [[ $(<sendmail.args) == "-t -i" ]]
    grep -qx 'To: archive@example.org' sendmail.in
    [[ $(sed -n 's/^Subject: =?UTF-8?B?\(.*\)?=$/\1/p' sendmail.in | base64 -d) == "refused: Böxe 7" ]]
    grep -q '^Refused: 1 of 12 files. The others are in s3://archive/in/Böxe 7.$' sendmail.in
    grep -q '^Reason    1 file differs (DIGEST)$' sendmail.in
    rm sendmail.in
    "$hooks/mail" <<<"$halted"
    # A reason cannot make a header, and stays on its line.
    [[ $(grep -c '^Bcc' sendmail.in) == 0 ]]
    grep -q '^Nothing is archived to s3://archive/in at the moment' sendmail.in
    rm sendmail.in
    "$hooks/mail" <<<"$due"
    [[ $(sed -n 's/^Subject: =?UTF-8?B?\(.*\)?=$/\1/p' sendmail.in | base64 -d) == "due for verification: 2 bags" ]]
    grep -qx '  s3://archive/in/a Bcc: x: 30 files, last read never' sendmail.in
    grep -qx '31 files in 2 bags were not read back for 90 days. The first are:' sendmail.in
    "$hooks/mail" <<<"$digest"
    grep -qx '  archived   20 files; refused 1, withheld 0' sendmail.in
    grep -qx '  box: DIGEST, 1 file differs' sendmail.in
    rm sendmail.in
    quiet=$(jq -c '.digest.people = []' <<<"$digest")
    "$hooks/mail" <<<"$quiet"
    [[ ! -e sendmail.in ]]
    MAIL_DIGEST=always "$hooks/mail" <<<"$quiet"
    grep -qx 'The archive has 31 files in 9 bags; 0 bags need a person, 2 are due.' sendmail.in
    "$hooks/mail" <<<"$(jq -c '.digest = {reason: "too long"}' <<<"$digest")"
    grep -qx 'The digest is too long.' sendmail.in
    stand_in sendmail 75
    run "$hooks/mail" <<<"$rejected"
    ((status == 75))
    unset MAIL_TO
    run "$hooks/mail" <<<"$rejected"
    ((status != 0))
    [[ $output == *"set MAIL_TO"* ]]
}

@test "webhook: the receiver can check who sent it, knows a repeat, and a refusal is a failure" {
    cat >receiver.py <<'PYTHON'
import hashlib, hmac, http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        time = self.headers['X-Accession-Time'].encode()
        wanted = 'sha256=' + hmac.new(b'secret', time + b'.' + body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(wanted, self.headers['X-Accession-Signature'])
        with open('received', 'ab') as file:
            file.write(self.headers['X-Accession-Event'].encode() + b' ' + body)
        self.send_response(204 if good else 403)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Receiver)
open('port.new', 'w').write(str(server.server_port))
import os; os.rename('port.new', 'port')
server.serve_forever()
PYTHON
    python3 receiver.py 3>&- &
    RECEIVER=$!
    is_up() { [[ -e port ]]; }
    until_true is_up
    WEBHOOK_URL=http://127.0.0.1:$(<port)/
    export WEBHOOK_URL WEBHOOK_SECRET_FILE=$PWD/secret
    echo secret >secret
    "$hooks/webhook" <<<"$rejected"
    "$hooks/webhook" <<<"$rejected"
    [[ $(cut -d' ' -f1 received | sort | uniq -c | awk '{ print $1, $2 }') == "2 $(sha256sum <<<"$rejected" | cut -c1-64)" ]]
    [[ $(head -1 received | cut -d' ' -f2-) == "$rejected" ]]
    echo wrong >secret
    run "$hooks/webhook" <<<"$rejected"
    ((status == 22))
    : >secret
    run "$hooks/webhook" <<<"$rejected"
    ((status != 0))
    [[ $output == *"the secret is empty"* ]]
}

@test "journal: an entry for each event, with fields and a priority" {
    stand_in logger
    "$hooks/journal" <<<"$rejected"
    [[ $(<logger.args) == --journald ]]
    [[ $(grep -v '^ACCESSION' logger.in) == $'MESSAGE=rejected: Böxe 7: 1 file differs\nPRIORITY=4\nSYSLOG_IDENTIFIER=accession-event' ]]
    grep -qx 'ACCESSION_URL=s3://archive/in/Böxe 7' logger.in
    rm logger.in
    "$hooks/journal" <<<"$halted"
    grep -qx 'PRIORITY=3' logger.in
    [[ $(grep -c '^Bcc' logger.in) == 0 ]]
    rm logger.in
    "$hooks/journal" <<<"$archived"
    grep -qx 'MESSAGE=archived: a' logger.in
    grep -qx 'PRIORITY=5' logger.in
    "$hooks/journal" <<<"$due"
    grep -qx 'MESSAGE=due: s3://archive/in: 31 files in 2 bags' logger.in
    "$hooks/journal" <<<"$digest"
    grep -qx 'MESSAGE=digest: s3://archive/in: archived 20, refused 1, verified 0, different 0' logger.in
}
