#!/usr/bin/python3
"""Random requests with nasty keys, signed by src/s3/sign.c and by botocore: every path, query and
Authorization must be the same. Usage: against_botocore.py SIGN_REQUESTS [COUNT [SEED]]"""
import json
import random
import subprocess
import sys
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PIECES = ['a', 'Z', '0', '/', '//', '..', '../', './', ' ', '  ', '+', '%', '%25', '%2F', '?', '#', '&', '=',
          ';', ',', ':', '@', '$', '!', '*', "'", '(', ')', '[', ']', '{', '}', '|', '\\', '^', '`', '"', '<', '>',
          '~', '-', '_', '.', '\n', '\r', '\t', '\x01', '\x7f', 'é', 'e\u0301', '\u212b', '日本', '🗝️', '\u00a0', '\u202e']
HEADERS = ['x-amz-meta-sha256', 'x-amz-checksum-sha256', 'if-none-match', 'x-amz-storage-class', 'content-type',
           'x-amz-security-token', 'range', 'x-amz-meta-accession-upload']
QUERY = ['uploads', 'uploadId', 'partNumber', 'prefix', 'list-type', 'continuation-token', 'encoding-type',
         'max-keys', 'versions', 'key-marker', 'Zed', 'a']


def text(rng, most):
    return ''.join(rng.choice(PIECES) for _ in range(rng.randint(0, most)))


def header_value(rng):
    # S3 folds runs of blanks and trims; the program never sends such values.
    return ''.join(rng.choice('abcXYZ019+/=-_.:;,*"') for _ in range(rng.randint(1, 40)))


def request(rng):
    day = rng.choice(['20260101', '20261122', '20280229'])
    headers = {'host': 'bucket.example.org:9000', 'x-amz-date': day + 'T100411Z',
               'x-amz-content-sha256': rng.choice(['UNSIGNED-PAYLOAD', '%064x' % rng.getrandbits(256)])}
    for name in rng.sample(HEADERS, rng.randint(0, 5)):
        headers[name] = header_value(rng)
    return {'method': rng.choice(['GET', 'PUT', 'POST', 'HEAD', 'DELETE']), 'key': text(rng, 30),
            'query': [[name, text(rng, 6)] for name in rng.sample(QUERY, rng.randint(0, 6))],
            'headers': sorted(headers.items()), 'payload': headers['x-amz-content-sha256'],
            'date': headers['x-amz-date'], 'region': rng.choice(['us-east-1', 'eu-west-1', 'default']),
            'access': 'AKIA' + header_value(rng).replace(',', ''), 'secret': text(rng, 20) or 's'}


def expected(r):
    path = '/' + quote(r['key'], safe='/-._~')
    signed = AWSRequest(method=r['method'], url='http://bucket.example.org:9000' + path,
                        headers=dict(r['headers']), params=dict(r['query']))
    signed.context['timestamp'] = r['date']
    auth = S3SigV4Auth(Credentials(r['access'], r['secret']), 's3', r['region'])
    canonical = auth.canonical_request(signed)
    signature = auth.signature(auth.string_to_sign(signed, canonical), signed)
    return '\t'.join([path, canonical.split('\n')[2], 'AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s' % (
        auth.scope(signed), auth.signed_headers(auth.headers_to_sign(signed)), signature)])


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2 ** 32)
    rng = random.Random(seed)
    requests = [request(rng) for _ in range(count)]
    lines = ''.join(json.dumps(r) + '\n' for r in requests)
    got = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    got = got.split('\n')[:-1]
    assert len(got) == count, '%d answers to %d requests' % (len(got), count)
    for r, ours in zip(requests, got):
        theirs = expected(r)
        squeeze = lambda t: t.replace(', ', ',')
        if squeeze(ours) != squeeze(theirs):
            sys.exit('seed %d\nrequest  %s\nours     %s\nbotocore %s' % (seed, json.dumps(r), ours, theirs))
    print('%d requests signed alike (seed %d)' % (count, seed))


main()
