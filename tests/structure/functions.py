#!/usr/bin/env python3
"""functions.py SOURCE: functions that do not fit a screen, and files that have grown too long.

Counts from the opening brace to the closing one, as clang-format lays them out. Test files may be
longer than others: cases stand one after the other.
"""
import pathlib
import sys

LONGEST = 59
LONGEST_FILE = 500


def functions(lines):
    """Name and length of each function in the text of a C file."""
    opened = None
    for number, line in enumerate(lines):
        if line == '{':
            opened = number
        elif line == '}' and opened is not None:
            yield lines[opened - 1].strip(), number - opened + 1
            opened = None


def main():
    root = pathlib.Path(sys.argv[1])
    wrong, count = [], 0
    for path in sorted([*root.glob('src/**/*.[ch]'), *root.glob('tests/**/*.[ch]')]):
        lines = path.read_text().split('\n')
        name = path.relative_to(root)
        if len(lines) > LONGEST_FILE and name.parts[0] == 'src':
            wrong.append(f'{name}: {len(lines)} lines, more than {LONGEST_FILE}')
        for function, length in functions(lines):
            count += 1
            if length > LONGEST:
                wrong.append(f'{name}: {length} lines, more than {LONGEST}: {function}')
    for fault in wrong:
        print(fault)
    print(f'{count} functions, {len(wrong)} faults')
    return 1 if wrong or not count else 0


if __name__ == '__main__':
    sys.exit(main())
