#!/usr/bin/env python3
"""exports.py HEADER...: a linker's version script that exports what the public headers declare."""
import re
import sys

names = set()
for path in sys.argv[1:]:
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    names.update(re.findall(r'\b(acc_[a-z0-9_]+)\s*\(', text))
    names.update(re.findall(r'extern [^;(]*\b(acc_[a-z0-9_]+)(?:\[[^]]*\])?;', text))
print('ACCESSION_0 {\n  global:')
for name in sorted(names):
    print(f'    {name};')
print('  local: *;\n};')
