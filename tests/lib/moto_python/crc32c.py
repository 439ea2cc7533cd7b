"""CRC-32C as moto asks for it. Without these two modules moto stores a CRC-32 under another's name."""


def table(polynomial):
    values = list(range(256))
    for _ in range(8):
        values = [value >> 1 ^ (polynomial if value & 1 else 0) for value in values]
    return values


def crc(values, ones, data):
    value = ones
    for byte in data:
        value = value >> 8 ^ values[(value ^ byte) & 255]
    return value ^ ones


TABLE = table(0x82F63B78)


def crc32c(data):
    return crc(TABLE, 2**32 - 1, data)
