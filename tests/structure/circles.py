#!/usr/bin/env python3
"""circles.py BUILD: source files of one folder that call each other in a circle.

Reads the object files of the static libraries: a file that needs a symbol calls the file that
defines it. Function pointers are not calls. A circle fails the test unless it is listed here.
"""
import collections
import glob
import os
import subprocess
import sys

KNOWN = [
    # libcurl's multi interface on libuv, and the requests over it: two halves of one thing
    {'loop/http_transfers', 'loop/http_sockets'},
]


def symbols(archive):
    """Who defines each symbol, and which symbols each file needs. A room's files are ROOM_NAME.c.o."""
    defines, needs = {}, collections.defaultdict(set)
    listing = subprocess.run(['nm', '-A', archive], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in listing.splitlines():
        place, kind, name = line.rsplit(None, 2)
        member = os.path.basename(place.split(':')[1]).removesuffix('.c.o')
        if kind == 'U':
            needs[member].add(name)
        elif kind in 'TDBRV':
            defines[name] = member
    return defines, needs


def circles(graph):
    """Tarjan's strongly connected components of more than one file."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in sorted(graph[node]):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(part)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def main():
    wrong, files = [], 0
    for archive in sorted(glob.glob(os.path.join(sys.argv[1], 'src', '*', 'libacc-*.a'))):
        folder = os.path.basename(os.path.dirname(archive))
        defines, needs = symbols(archive)
        graph = {member: {defines[name] for name in names if name in defines} - {member}
                 for member, names in needs.items()}
        for member in set(defines.values()):
            graph.setdefault(member, set())
        files += len(graph)
        for part in circles(graph):
            if {f'{folder}/{name}' for name in part} not in KNOWN:
                wrong.append((folder, part, graph, needs, defines))
    for folder, part, graph, needs, defines in wrong:
        print(f'src/{folder}: these files call each other in a circle:')
        for member in sorted(part):
            for to in sorted(graph[member] & set(part)):
                names = sorted(name for name in needs[member] if defines.get(name) == to)
                print(f'  {member} -> {to}: {", ".join(names)}')
    print(f'{files} object files, {len(wrong)} circles that should not be')
    return 1 if wrong or not files else 0


sys.exit(main())
