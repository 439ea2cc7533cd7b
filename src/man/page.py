#!/usr/bin/env python3
"""page.py OPTIONS.json COMMAND [FRAGMENT]: the manual page of a command, for scdoc, on standard output.

What --help says (usage, options, examples, exit statuses) comes from the command's own tables, as
`accession internals options` prints them; FRAGMENT holds the sections that only the manual has.
"""
import json
import re
import sys


def escape(text):
    """Words of a sentence: nothing in them is markup."""
    return re.sub(r'([\\*_#\[\]])', r'\\\1', text)


def paragraphs(text):
    return [escape(part) for part in text.split('\n\n')]


def option(row):
    name = f'*--{row["name"]}*'
    if row['optional']:
        name += escape('[=') + f'_{escape(row["value"])}_' + escape(']')
    elif row['value']:
        name += f' _{escape(row["value"])}_'
    if row['letter']:
        name = f'*-{row["letter"]}*, ' + name
    return [name, '\t' + escape(row['help']) + '.', '']


def sections(everything, command):
    yield '# NAME', '', f'accession-{command["name"]} - {escape(command["summary"])}', ''
    yield '# SYNOPSIS', '', f'*accession {command["name"]}* {escape(command["usage"])}', ''
    yield '# DESCRIPTION', ''
    for part in paragraphs(command['about']):
        yield part, ''
    yield '# OPTIONS', ''
    for group in command['groups']:
        if group['title']:
            yield f'## {group["title"]}', ''  # scdoc reads no escapes in headings
        for row in group['options']:
            yield option(row)
    yield '## Every command', ''
    for row in everything['options']:
        yield option(row)
    yield '*-h*, *--help*', '\tShow the usage, all options and examples.', ''
    yield ('Every option has an environment variable, *ACCESSION\\_* and its name in capitals with _ '
           'for -, and a key in the configuration file: see *accession.conf*(5).').replace('with _ for', 'with \\_ for'), ''


def closing(command):
    if command['examples']:
        yield '# EXAMPLES', ''
        for example in command['examples']:
            yield escape(example['remark']) + ':', '', '```', *example['command'].split('\n'), '```', ''
    yield '# EXIT STATUS', ''
    for row in command['exits']:
        yield f'*{row["status"]}*', '\t' + escape(row['meaning']) + '.', ''
    yield '# SEE ALSO', ''
    yield '*accession*(1), *accession.conf*(5), *accession-tutorial*(7)', ''


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        everything = json.load(file)
    command = next(row for row in everything['commands'] if row['name'] == sys.argv[2])
    lines = [f'accession-{command["name"]}(1) "accession {everything["version"]}" "accession manual"', '']
    for part in sections(everything, command):
        lines.extend(part)
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding='utf-8') as file:
            lines.extend(file.read().rstrip('\n').split('\n') + [''])
    for part in closing(command):
        lines.extend(part)
    print('\n'.join(lines))


main()
