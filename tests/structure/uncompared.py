#!/usr/bin/env python3
"""uncompared.py ROOT CC CFLAGS...: what compared nothing does not compile.

Each program tries to commit, or to record a success, without a value that the gate makes; the first one
does it right and must compile, so that the others fail for that reason alone. And only gate.c defines
and allocates the four values.
"""
import os
import re
import subprocess
import sys

root, compiler = sys.argv[1], sys.argv[2:]

PROGRAM = '''
#include "gate/gate.h"
#include "ingest/upload/commit.h"
#include "ledger/known.h"
#include "restore/target.h"
void attempt(struct acc_ledger *ledger, struct acc_record *record, struct acc_commit *commit,
             const struct acc_verified *verified, const struct acc_proven *proven,
             const struct acc_unchanged *unchanged, const struct acc_restored *restored,
             struct acc_target *target, struct acc_piece *piece);
void attempt(struct acc_ledger *ledger, struct acc_record *record, struct acc_commit *commit,
             const struct acc_verified *verified, const struct acc_proven *proven,
             const struct acc_unchanged *unchanged, const struct acc_restored *restored,
             struct acc_target *target, struct acc_piece *piece)
{
    (void)ledger, (void)record, (void)commit, (void)verified, (void)proven, (void)unchanged, (void)restored, (void)target,
    (void)piece;
    %s
}
'''
RIGHT = '''commit->verified = verified;
    acc_ledger_post_archived(ledger, record, verified);
    acc_ledger_post_already(ledger, record, proven);
    acc_ledger_post_unchanged(ledger, record, unchanged);
    acc_ledger_post_restored(ledger, record, restored);
    acc_target_publish(target, piece, restored, NULL);'''
WRONG = [
    'struct acc_digests digests = {0}; commit->verified = &digests;',
    'struct acc_verified own = {0}; commit->verified = &own;',
    'struct acc_proven own = {0}; acc_ledger_post_already(ledger, record, &own);',
    'acc_ledger_post_archived(ledger, record, &record->archived);',
    'acc_ledger_post_archived(ledger, record, proven);',
    'acc_ledger_post_already(ledger, record, verified);',
    'acc_ledger_post_already(ledger, record);',
    'struct acc_unchanged own = {0}; acc_ledger_post_unchanged(ledger, record, &own);',
    'acc_ledger_post_unchanged(ledger, record, verified);',
    'acc_ledger_post_unchanged(ledger, record, &record->checked);',
    'acc_ledger_post_unchanged(ledger, record);',
    'acc_ledger_post_already(ledger, record, unchanged);',
    'acc_ledger_post_archived(ledger, record, unchanged);',
    'acc_ledger_post_restored(ledger, record, verified);',
    'acc_ledger_post_restored(ledger, record, &record->archived);',
    'struct acc_restored own = {0}; acc_ledger_post_restored(ledger, record, &own);',
    'acc_ledger_post_archived(ledger, record, restored);',
    'acc_target_publish(target, piece, NULL);',
    'acc_target_publish(target, piece, verified, NULL);',
    'acc_target_publish(target, piece, unchanged, NULL);',
    'record->kind = ACC_RECORD_CHECKED; acc_ledger_post(ledger, record);',
    'record->kind = ACC_RECORD_ARCHIVED; acc_ledger_post(ledger, record);',
]


def compiles(statement):
    command = compiler + ['-std=gnu17', '-D_GNU_SOURCE', '-fsyntax-only', '-Werror', '-I', f'{root}/include',
                          '-I', f'{root}/src', '-x', 'c', '-']
    return subprocess.run(command, input=PROGRAM % statement, text=True, stderr=subprocess.DEVNULL).returncode == 0


problems = []
if not compiles(RIGHT):
    problems.append('the right program does not compile')
problems += [f'compiles: {statement}' for statement in WRONG if compiles(statement)]
for folder, _, names in os.walk(f'{root}/src'):
    for name in names:
        path = os.path.relpath(os.path.join(folder, name), root)
        if not name.endswith(('.c', '.h')) or path == 'src/gate/gate.c':
            continue
        with open(f'{root}/{path}', encoding='utf-8') as source:
            text = source.read()
        if re.search(r'struct acc_(verified|proven|unchanged|restored)\s*\{|ACC_NEW\(struct acc_(verified|proven|unchanged|restored)\)', text):
            problems.append(f'{path}: makes a value that only src/gate/gate.c may make')
print('\n'.join(problems) or f'{len(WRONG)} programs that compare nothing do not compile')
sys.exit(1 if problems else 0)
