#!/usr/bin/env python3
"""crc64_table.py OUT: tables for sixteen bytes at a step; entry [k][b] is byte b followed by k zeros."""
import sys

POLYNOMIAL = 0x9A6C9329AC4BC9B5  # CRC-64/NVME, bits reversed


def of_byte(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


tables = [[of_byte(byte) for byte in range(256)]]
while len(tables) < 16:
    tables.append([value >> 8 ^ tables[0][value & 255] for value in tables[-1]])
with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write('#include "digest/crc64nvme.h"\nconst uint64_t acc_crc64_table[16][256] = {\n')
    for table in tables:
        out.write("{" + ",".join(f"UINT64_C({value:#018x})" for value in table) + "},\n")
    out.write("};\n")
