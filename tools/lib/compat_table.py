#!/usr/bin/env python3
"""compat_table.py RESULTS [--into FILE...]: what tools/compat found, a row for each server.

RESULTS has NAME.tap, NAME.version, NAME.facts (JSON lines of summaries) and NAME.probe (the probe's JSON) for each server. Prints
Markdown; --into replaces what stands between the marks "servers: begin" and "servers: end" in each FILE, in Markdown or scdoc.
"""
import argparse
import glob
import json
import os
import re
import sys

SIMULATED = ' (simulated)'
GUARDS = {
    'server': 'the server',
    'versions': 'versions',
    'claimed': 'a claim',
    'checked-again': 'a look at the end',
    'again': 'a look at the end',
    'checked': 'nothing; the run says so',
}
COLUMNS = ['server', 'promises kept', 'two writers are kept apart by', 'If-None-Match: PUT, Complete', 'signed SHA-256 checked',
           'additional checksum', 'versions listed', 'open uploads listed']


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read().splitlines()


def last_json(path):
    found = {}
    for line in lines(path):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        found = value if isinstance(value, dict) else found
    return found


def promises(tap, simulated):
    kept, failed, skipped = 0, [], []
    for line in tap:
        match = re.match(r'(not )?ok \d+ (.*)', line)
        if not match:
            continue
        name, _, why = match[2].partition(' # skip')
        name = re.sub(r' # in \d+ ?ms.*', '', name)
        if match[1]:
            failed.append(name)
        elif ' # skip' in match[2]:
            skipped.append(why.strip().removeprefix('this server '))
        else:
            kept += 1
    text = f'{kept} of {kept + len(failed) + len(skipped)}'
    if failed:
        text += '; NOT: ' + ', '.join(failed)
    for why in dict.fromkeys(skipped):
        text += '; ' + ('policies are not simulated' if simulated and 'policies' in why else why)
    return text


CONDITIONS = {'412': 'yes', '200': 'ignored', '501': '501'}


def conditions(summaries, can):
    for summary in summaries:
        if 'conditions' in summary:
            return ', '.join(CONDITIONS.get(status, status) for status in summary['conditions'])
    return known(can, 'conditional_put', 'conditional_complete')


def known(can, *names):
    word = {True: 'yes', False: 'no', None: 'not seen'}
    values = [word[can.get(name)] for name in names]
    return ', '.join(values)


def uploads(can):
    if can.get('uploads_listed'):
        return 'yes'
    return 'by key' if can.get('uploads_listed_by_key') else known(can, 'uploads_listed')


def checksum(can):
    if not can.get('checksum_known'):
        return 'not kept' if can.get('checksum_known') is False else 'refused'
    return 'kept' if can.get('checksum_checked') is None else 'kept, ' + ('checked' if can['checksum_checked'] else 'unchecked')


def row_of(results, name):
    can, guards = {}, []
    seen = [json.loads(line) for line in lines(os.path.join(results, name + '.facts')) if line.startswith('{')]
    for summary in seen + [last_json(os.path.join(results, name + '.probe'))]:
        can.update({key: value for key, value in (summary.get('capabilities') or {}).items() if value is not None})
        guards.append(summary.get('write_once'))
    guards = sorted({GUARDS.get(guard, guard) for guard in guards if guard and guard != 'nothing-sent'})
    version = lines(os.path.join(results, name + '.version'))[0]
    return [version, promises(lines(os.path.join(results, name + '.tap')), version.endswith(SIMULATED)),
            ', '.join(guards), conditions(seen, can), known(can, 'signed_hash_checked'),
            checksum(can), known(can, 'versions_listed'), uploads(can)]


def rows_of(results):
    names = [os.path.basename(path)[:-len('.version')] for path in glob.glob(os.path.join(results, '*.version'))]
    rows = [row_of(results, name) for name in names]
    return sorted(rows, key=lambda row: (is_simulated(row), row[0].lower()))


def is_simulated(row):
    return row[0].endswith(SIMULATED)


def markdown(rows):
    body = [COLUMNS, ['---'] * len(COLUMNS)] + rows
    return ''.join('| ' + ' | '.join(row) + ' |\n' for row in body)


def scdoc(rows):
    """A table of eight columns does not fit a terminal: a server, and what was found of it."""
    text = ''
    for row in rows:
        text += f'*{row[0]}*\n'
        text += '\tpromises kept: ' + row[1] + '.\n\tTwo writers are kept apart by: ' + row[2] + '.\n'
        text += '\t' + '; '.join(f'{title}: {value}' for title, value in zip(COLUMNS[3:], row[3:])) + '.\n\n'
    return text.replace('_', '\\_')


def short(rows):
    body = [COLUMNS[:3], ['---'] * 3] + [row[:3] for row in rows if not is_simulated(row)]
    return ''.join('| ' + ' | '.join(row) + ' |\n' for row in body)


def put_into(path, rows):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    made = scdoc(rows) if path.endswith('.scd') else short(rows)
    new, count = re.subn(r'(?s)(^[^\n]*servers: begin[^\n]*\n)(.*?)(^[^\n]*servers: end)',
                         lambda match: match[1] + '\n' + made.rstrip('\n') + '\n\n' + match[3], text, flags=re.M)
    if count != 1:
        sys.exit(f'{path}: no "servers: begin" and "servers: end"')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(new)


parser = argparse.ArgumentParser()
parser.add_argument('results')
parser.add_argument('--into', nargs='+', default=[])
given = parser.parse_args()
found = rows_of(given.results)
if not found:
    sys.exit(f'{given.results}: no results')
if not given.into:
    print(markdown(found), end='')
for target in given.into:
    put_into(target, found)
