#!/usr/bin/env python3
"""embed.py OUT FILE...: writes each FILE as a C string named after it (page.css: acc_page_css)."""
import sys
from pathlib import Path

with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write('#include "receipt/page.h"\n')
    for name in map(Path, sys.argv[2:]):
        data = ",".join(str(byte) for byte in name.read_bytes())
        out.write(f"const char acc_{name.name.replace('.', '_')}[] = {{{data},0}};\n")
