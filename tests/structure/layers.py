#!/usr/bin/env python3
"""layers.py ROOT: a folder of src/ includes only folders below it, never one beside it; so does a
room within a folder. The files that lie in a folder itself stand above all its rooms. The command
line knows the library by its public face alone, and that face shows no type of a library below it.
"""
import os
import re
import subprocess
import sys

# Folders from the bottom up; those of one row never include each other.
FLOORS = [
    ['base'],
    ['gate'],
    ['digest', 'loop', 'ledger'],
    ['s3', 'receipt', 'policy'],
    ['source'],
    ['manifest'],
    ['plan', 'bucket'],
    ['run'],
    ['ingest', 'verify', 'restore', 'watch', 'report', 'recover', 'delivery', 'batch'],
    ['cli'],
]
# The rooms of a folder from the bottom up, likewise.
ROOMS = {
    's3': [['wire'], ['config'], ['credentials'], ['client'], ['ops']],
    'ingest': [['upload']],
    'watch': [['arrival'], ['outside']],
    'cli': [['render'], ['screen', 'json']],
}
CLI_MAY_INCLUDE = ['base']

level = {name: i for i, row in enumerate(FLOORS) for name in row}
room_level = {(folder, room): i for folder, rows in ROOMS.items()
              for i, row in enumerate(rows) for room in row}
wrong = []


def room_of(path):
    """'s3/wire/sign.h' -> ('s3', 'wire'); 's3/x.h' -> ('s3', None)."""
    parts = path.split('/')
    return (parts[0], parts[1] if len(parts) > 2 else None)


def check(file, number, target):
    where = f'src/{file}:{number}: "{target}"'
    (folder, room), (to, to_room) = room_of(file), room_of(target)
    if not os.path.exists(f'src/{target}'):
        wrong.append(f'{where}: no such file in src/ (write #include "folder/name.h")')
    elif folder != to:
        if folder == 'cli' and to not in CLI_MAY_INCLUDE:
            wrong.append(f'{where}: the command line uses include/accession and {CLI_MAY_INCLUDE} only')
        elif level[folder] <= level[to]:
            wrong.append(f'{where}: src/{to} is not below src/{folder}')
    elif room is not None and room != to_room:
        if to_room is None or room_level[folder, room] <= room_level[folder, to_room]:
            wrong.append(f'{where}: is not below src/{folder}/{room}')


os.chdir(sys.argv[1])
files = sorted(os.path.relpath(os.path.join(folder, name), 'src')
               for folder, _, names in os.walk('src') for name in names if name.endswith(('.c', '.h')))
# Programs of other people: they know the public face alone.
OUTSIDE = ['examples']
for file in files:
    folder, room = room_of(file)
    if folder in OUTSIDE:
        continue
    if folder not in level or (room is not None and (folder, room) not in room_level):
        wrong.append(f'src/{file}: its folder has no place; give it one in tests/structure/layers.py')
        continue
    with open(f'src/{file}', encoding='utf-8') as source:
        for number, line in enumerate(source, 1):
            if found := re.match(r'#include "(.*)"', line):
                check(file, number, found[1])

shown = subprocess.run(
    ['grep', '-nE', r'#include <(uv|curl/|sqlite3|libxml/|openssl/|jansson)|\b(uv_|CURL|sqlite3|xml[A-Z])']
    + [f'include/accession/{name}' for name in os.listdir('include/accession')],
    stdout=subprocess.PIPE, text=True).stdout
if shown:
    wrong.append(shown + 'include/accession: shows what the library is made of')

print('\n'.join(wrong) or f'{len(files)} files, each above what it includes')
sys.exit(1 if wrong or not files else 0)
