#!/usr/bin/python3
"""Random pairs of configuration files, well formed and not, read by src/s3/config and by botocore: both refuse
the same ones, and take the same values from the others. Usage: against_botocore.py READ_PROFILES [COUNT [SEED]]"""
import json
import os
import random
import subprocess
import sys
import tempfile

import botocore.session
from botocore.exceptions import ConfigParseError

PROFILES = ['default', 'a', 'b c', 'é']
NAMES = ['region', 'aws_access_key_id', 'Aws_Secret_Access_Key', 's3', 'services', 'x y', 'role_arn', 'sso_session']
NESTED = ['addressing_style', 'endpoint_url', 'Mixed']
VALUES = ['v', 'eu-west-1', 'a=b', 'a:b', 'x # y', 'x ; y', '"q"', '', '', '  pad  ', '[z]', 'ü', 'tab\tin']
INDENTS = ['', '', '', '', ' ', '  ', '    ', '\t', '\u00a0', '\u3000 ']
ENDS = ['\n'] * 8 + ['\r\n', '\r', ' \n', '\n\n', '\n \n']


def header(rng, credentials):
    name = rng.choice(PROFILES)
    return rng.choice([
        '[%s]' % name if credentials else '[profile %s]' % name, '[profile "%s"]' % name, "[profile '%s']" % name,
        '[%s]' % name, '[default]', '[profile default]', '[DEFAULT]', '[ default ]', '[profile  a] # tail',
        '[profilex %s]' % name, '[services m]', '[sso-session s]', '[preview]', '[profile a b]', '[profile "a]',
        '[profile b\\ c]', '[a]]', '[', '[]', '[profile]', '[profile a\\]'], )


def line(rng, credentials):
    kind = rng.random()
    if kind < 0.2:
        return header(rng, credentials)
    if kind < 0.7:
        return rng.choice(NAMES) + rng.choice(['=', ' = ', ':', ' : ', '= ', '  =']) + rng.choice(VALUES)
    if kind < 0.85:
        return rng.choice(NESTED) + rng.choice(['=', ' = ', ' =']) + rng.choice(VALUES)
    if kind < 0.97:
        return rng.choice(['# comment', '; comment', '#x = y', '', ' '])
    return rng.choice(['nonsense', '= x', ': x', '=', 'x'])


def wild(rng, credentials):
    """Anything may stand anywhere: most of these are refused."""
    return ''.join(rng.choice(INDENTS) + line(rng, credentials) + rng.choice(ENDS) for _ in range(rng.randint(0, 5)))


def tame(rng, credentials):
    """What people write: sections that differ, settings that differ, indented alike or nested."""
    end, text = rng.choice(['\n', '\r\n']), ''
    for name in rng.sample(PROFILES, rng.randint(1, 4)):
        quoted = name if rng.random() < 0.5 and ' ' not in name else rng.choice(['"%s"', "'%s'"]) % name
        text += ('[%s]' % name if credentials or name == 'default' else '[profile %s]' % quoted) + end
        indent = rng.choice(['', '', '  ', '\t'])
        for setting in rng.sample(NAMES, rng.randint(0, 5)):
            if rng.random() < 0.2:
                text += rng.choice(['# comment', ' ; comment', '', '  ']) + end
            nests = rng.random() < 0.25
            text += indent + setting + rng.choice([' = ', '=']) + ('' if nests else rng.choice(VALUES)) + end
            for nested in rng.sample(NESTED, rng.randint(0, 3)) if nests else []:
                text += indent + '  ' + nested + ' = ' + rng.choice(VALUES) + end
    return text


def botocores(session, config, credentials):
    session.set_config_variable('config_file', config)
    session.set_config_variable('credentials_file', credentials)
    session._config = None  # what it keeps of the pair before; a new session takes 10 ms
    try:
        return session.full_config['profiles']
    except ConfigParseError:
        return None


def questions():
    names = [name.lower() for name in NAMES]
    names += ['%s.%s' % (name, nested) for name in ('s3', 'region') for nested in NESTED]
    return [[profile, name] for profile in PROFILES for name in [None] + names]


def expected(profiles, profile, name):
    if name is None:
        return profile in profiles
    outer, _, inner = name.partition('.')
    value = profiles.get(profile, {}).get(outer)
    if inner:
        return value.get(inner) if isinstance(value, dict) else None
    return '' if isinstance(value, dict) else value


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2 ** 32)
    rng, ask, tasks, theirs, refused = random.Random(seed), questions(), [], [], 0
    for name in [name for name in os.environ if name.startswith('AWS_')]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        session = botocore.session.Session()
        # Reached as users write it: botocore expands both.
        os.environ.update(HOME=folder, FOLDER=folder)
        for i in range(count):
            write = wild if i % 2 else tame
            texts = {'config': write(rng, False), 'credentials': write(rng, True)}
            for kind, text in texts.items():
                with open('%s/%s-%d' % (folder, kind, i), 'w', encoding='utf-8', newline='') as file:
                    file.write(text)
            config, credentials = '~/config-%d' % i, rng.choice(['${FOLDER}', '$FOLDER']) + '/credentials-%d' % i
            tasks.append(dict(texts, i=i))
            profiles = botocores(session, config, credentials)
            refused += profiles is None
            theirs.append('refused' if profiles is None else [expected(profiles, p, n) for p, n in ask])
            tasks[-1]['task'] = {'config': config, 'credentials': credentials, 'ask': ask}
        lines = ''.join(json.dumps(task['task']) + '\n' for task in tasks)
        run = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    ours = [json.loads(answer) for answer in run.stdout.decode().splitlines()]
    assert len(ours) == count, '%d answers of %d' % (len(ours), count)
    for task, mine, his in zip(tasks, ours, theirs):
        if mine == his:
            continue
        print('seed %d\nconfig      %r\ncredentials %r' % (seed, task['config'], task['credentials']))
        if 'refused' in (mine, his):
            sys.exit('accession: %.80s\nbotocore: %.80s' % (mine, his))
        sys.exit('\n'.join('%s: accession %r, botocore %r' % (q, m, h) for q, m, h in zip(ask, mine, his) if m != h))
    assert count < 100 or 0.05 * count < refused < 0.95 * count, 'seed %d: %d refused' % (seed, refused)
    print('%d pairs of files read alike, %d of them refused (seed %d)' % (count, refused, seed))


main()
