#!/usr/bin/env python3
"""ansi_svg.py TITLE < SCREEN > PICTURE: a terminal's screen with its colours, as tmux captures it with
`capture-pane -e`, as an SVG that follows the reader's light or dark theme."""
import html
import re
import sys

# Colours by SGR number, for light and for dark backgrounds.
COLOURS = {31: ('#b3261e', '#ff8a80'), 32: ('#1b6e2c', '#7ddb8f'), 33: ('#8a5a00', '#f2c14e'),
           34: ('#1a4fa3', '#8ab4f8'), 35: ('#7b2d8b', '#d7a6e3'), 36: ('#00677d', '#7fd7e8')}
WIDTH, HEIGHT, LEFT, TOP = 8.4, 18, 16, 44


def runs(line):
    """(text, classes) of a line."""
    classes = set()
    for part in re.split(r'(\x1b\[[0-9;]*m)', line):
        found = re.fullmatch(r'\x1b\[([0-9;]*)m', part)
        if not found:
            if part:
                yield part, ' '.join(sorted(classes))
            continue
        for code in (int(number or 0) for number in found[1].split(';')):
            if code in (0, 39):
                classes = {name for name in classes if code == 39 and not name.startswith('c')}
            elif code in (1, 2):
                classes.add('bold' if code == 1 else 'dim')
            elif code == 22:
                classes -= {'bold', 'dim'}
            elif code in COLOURS:
                classes = {name for name in classes if not name.startswith('c')} | {f'c{code}'}


def main():
    lines = sys.stdin.read().rstrip('\n').split('\n')
    columns = max([80] + [len(re.sub(r'\x1b\[[0-9;]*m', '', line)) for line in lines])
    width, height = int(2 * LEFT + columns * WIDTH), TOP + HEIGHT * len(lines) + 8
    title = html.escape(sys.argv[1])
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
          f'role="img" aria-label="{title}">')
    print('<style>text{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328;white-space:pre}.back{fill:#f6f8fa;'
          'stroke:#d0d7de}.bold{font-weight:bold}.dim{opacity:.65}'
          + ''.join(f'.c{code}{{fill:{light}}}' for code, (light, _) in COLOURS.items())
          + '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117;stroke:#30363d}'
          + ''.join(f'.c{code}{{fill:{dark}}}' for code, (_, dark) in COLOURS.items()) + '}</style>')
    print(f'<rect class="back" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>')
    for i, colour in enumerate(('#ff5f57', '#febc2e', '#28c840')):
        print(f'<circle cx="{LEFT + 6 + 20 * i}" cy="18" r="6" fill="{colour}"/>')
    for row, line in enumerate(lines):
        column = 0
        for text, classes in runs(line):
            if text.strip():
                print(f'<text x="{LEFT + column * WIDTH:.1f}" y="{TOP + HEIGHT * (row + .7):.1f}" class="{classes}" '
                      f'textLength="{len(text) * WIDTH:.1f}" xml:space="preserve">{html.escape(text)}</text>')
            column += len(text)
    print('</svg>')


main()
