#!/usr/bin/env python3
"""packages.py list                   every hostile package: NAME <tab> what the refusal says
   packages.py make NAME BAG FILE     makes one, of a bag's files where that is possible
   packages.py wide BAG FILE ENCODING a zip that has a payload file with a name in that encoding
   packages.py large-zip BAG FILE     a good zip that ends as one of more than 65,535 entries does

Each is what a program could make by mistake, or somebody on purpose; none may be archived, not even
in part."""
import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile

HOSTILE = {}


def hostile(name, says):
    def enter(function):
        HOSTILE[name] = (function, says)
        return function
    return enter


def files(bag):
    for folder, _, names in sorted(os.walk(bag)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, 'rb') as f:
                yield os.path.relpath(path, bag), f.read()


# ---- tar ----

def member(name, **fields):
    info = tarfile.TarInfo(name)
    info.mtime = 1_000_000_000
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def tar_of(bag, *extra, form=tarfile.PAX_FORMAT):
    """The bag, and pairs of (member, content)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=form, errors='surrogateescape') as tar:
        for name, content in [(member(n), c) for n, c in files(bag)] + list(extra):
            if name.type == tarfile.REGTYPE:
                name.size = len(content)
            tar.addfile(name, io.BytesIO(content))
    return out.getvalue()


def without_mark(tar):
    """Without the end mark and its padding."""
    while tar.endswith(b'\0' * 512):
        tar = tar[:-512]
    return tar


def header(name, size_field, kind=b'0', magic=b'ustar\00000'):
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:108] = b'0000644\0'
    block[108:124] = b'0000000\0' * 2
    block[124:136] = size_field
    block[136:148] = b'07346545000\0'
    block[156:157] = kind
    block[257:265] = magic
    block[148:156] = b' ' * 8
    block[148:156] = b'%06o\0 ' % sum(block)
    return bytes(block)


for name, path, says in [
        ('tar-climbs', '../evil', "leaves the package through '..'"),
        ('tar-climbs-from-within', 'data/../../evil', "leaves the package through '..'"),
        ('tar-climbs-as-windows', 'data\\..\\..\\evil', "leaves the package through '..'"),
        ('tar-absolute', '/etc/evil', 'has an absolute name'),
        ('tar-drive', 'C:\\evil', 'has an absolute name'),
        ('tar-drive-with-slash', 'c:/evil', 'has an absolute name'),
        ('tar-share', '\\\\server\\evil', 'has an absolute name'),
        ('tar-home', '~/.ssh/evil', "begins with '~'"),
        ('tar-long-component', 'data/' + 'x' * 256, 'more than 255 bytes'),
        ('tar-twice', 'bagit.txt', 'is in the package twice'),
        ('tar-twice-with-dot', './bagit.txt', 'is in the package twice'),
        ('tar-twice-with-slashes', './/bagit.txt', 'is in the package twice'),
        ('tar-file-for-folder', 'data', 'is in the package twice'),
        ('tar-below-a-file', 'bagit.txt/evil', 'a folder at the same time'),
        ('tar-not-utf-8', b'data/caf\xe9'.decode('utf-8', 'surrogateescape'), 'not UTF-8'),
]:
    form = tarfile.GNU_FORMAT if name == 'tar-not-utf-8' else tarfile.PAX_FORMAT
    hostile(name, says)(lambda bag, path=path, form=form: tar_of(bag, (member(path), b'evil'), form=form))

for name, kind, path, target, says in [
        ('tar-link-absolute', tarfile.SYMTYPE, 'data/l', '/etc/passwd', 'leads out of the package'),
        ('tar-link-climbs', tarfile.SYMTYPE, 'data/l', '../../evil', 'leads out of the package'),
        ('tar-link-climbs-and-returns', tarfile.SYMTYPE, 'l', '../bag/bagit.txt', 'leads out of the package'),
        ('tar-hard-link-absolute', tarfile.LNKTYPE, 'data/l', '/etc/passwd', 'leads out of the package'),
        ('tar-hard-link-climbs', tarfile.LNKTYPE, 'data/l', '../evil', 'leads out of the package'),
        ('tar-link-for-file', tarfile.SYMTYPE, 'bagit.txt', 'data', 'is in the package twice'),
        ('tar-link-for-folder', tarfile.SYMTYPE, 'data', 'other', 'is in the package twice'),
        ('tar-character-device', tarfile.CHRTYPE, 'data/null', '', 'is a device'),
        ('tar-block-device', tarfile.BLKTYPE, 'data/disk', '', 'is a device'),
        ('tar-pipe', tarfile.FIFOTYPE, 'data/pipe', '', 'is a device, a pipe'),
]:
    hostile(name, says)(lambda bag, kind=kind, path=path, target=target:
                        tar_of(bag, (member(path, type=kind, linkname=target), b'')))


@hostile('tar-below-a-link', 'a folder at the same time')
def below_a_link(bag):
    return tar_of(bag, (member('way', type=tarfile.SYMTYPE, linkname='data'), b''), (member('way/evil'), b'evil'))


@hostile('tar-folder-for-file', 'a file and a folder')
def folder_for_file(bag):
    return tar_of(bag, (member('bagit.txt', type=tarfile.DIRTYPE), b''))


@hostile('tar-sparse', 'sparse file')
def sparse(bag):
    pax = {'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.size': '1048576',
           'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '0,4', 'GNU.sparse.name': 'data/holes'}
    return tar_of(bag, (member('data/holes', pax_headers=pax), b'evil'))


@hostile('tar-sparse-old', 'sparse file')
def sparse_old(bag):
    block = bytearray(header(b'data/holes', b'00000000004\0', b'S', b'ustar  \0'))
    block[386:410] = b'00000000000\0' + b'00000000004\0'
    block[483:495] = b'00004000000\0'
    block[148:156] = b' ' * 8
    block[148:156] = b'%06o\0 ' % sum(block)
    return without_mark(tar_of(bag)) + bytes(block) + b'evil'.ljust(512, b'\0') + b'\0' * 1024


@hostile('tar-malformed-extension', 'damaged or cut short')
def malformed_extension(bag):
    """The extended header names another file, with a length that is not the record's."""
    record = b'99 path=data/other\n'
    extension = header(b'PaxHeaders/x', b'%011o\0' % len(record), b'x') + record.ljust(512, b'\0')
    return without_mark(tar_of(bag)) + extension + header(b'data/last', b'00000000000\0') + b'\0' * 1024


@hostile('tar-huge-size', 'damaged or cut short|size that no object can have')
def huge(bag):
    return without_mark(tar_of(bag)) + header(b'data/huge', b'\x80' + (1 << 60).to_bytes(11, 'big')) + b'\0' * 1024


@hostile('tar-negative-size', 'damaged or cut short|size that no object can have')
def negative(bag):
    return without_mark(tar_of(bag)) + header(b'data/less', b'\xff' * 12) + b'\0' * 1024


@hostile('tar-cut-in-content', 'cut short')
def cut_in_content(bag):
    return tar_of(bag, (member('data/last'), b'x' * 4096))[:-10240 - 2048]


@hostile('tar-cut-in-header', 'cut short')
def cut_in_header(bag):
    return without_mark(tar_of(bag)) + header(b'data/last', b'00000000004\0')[:300]


@hostile('tar-cut-between-files', 'the mark at its end is missing')
def cut_between(bag):
    whole = tar_of(bag, (member('data/last'), b'x' * 512))
    return without_mark(whole)


@hostile('tar-goes-on', 'goes on after the mark')
def goes_on(bag):
    return tar_of(bag) + tar_of(bag, (member('data/hidden'), b'evil'))


@hostile('tar-broken-header', 'damaged or cut short')
def broken_header(bag):
    tar = bytearray(tar_of(bag, (member('data/last'), b'x' * 512)))
    at = tar.rindex(b'data/last')
    tar[at + 110] ^= 1
    return bytes(tar)


@hostile('no-package', 'neither a folder nor a package')
def no_package(bag):
    return b'This is a letter, not a package.\n' * 100


@hostile('seven-zip', 'neither a folder nor a package')
def seven_zip(bag):
    return b'7z\xbc\xaf\x27\x1c' + bytes(1000)


@hostile('empty-file', 'is empty, so it is no package')
def empty_file(bag):
    return b''


# ---- packed tars ----

def damaged(packed, at):
    packed = bytearray(packed)
    packed[at] ^= 0x10
    return bytes(packed)


PACKERS = {'gz': lambda t: gzip.compress(t, mtime=0), 'bz2': bz2.compress, 'xz': lzma.compress}
for ending, pack in PACKERS.items():
    hostile(f'{ending}-cut', 'cut short')(lambda bag, pack=pack: pack(tar_of(bag))[:-9])
    hostile(f'{ending}-damaged', 'damaged')(lambda bag, pack=pack:
                                            damaged(pack(tar_of(bag)), len(pack(tar_of(bag))) // 2))


@hostile('gz-wrong-crc', 'incorrect data check')
def gz_crc(bag):
    return damaged(gzip.compress(tar_of(bag)), -8)


@hostile('gz-wrong-length', 'incorrect length check')
def gz_length(bag):
    return damaged(gzip.compress(tar_of(bag)), -4)


@hostile('gz-something-behind', 'incorrect header|something else follows')
def gz_behind(bag):
    return gzip.compress(tar_of(bag)) + b'evil' * 100


for ending in 'bz2', 'xz':
    for behind in b'e', b'evil' * 100, b'evil' * 50000:
        hostile(f'{ending}-with-{len(behind)}-behind', 'damaged or cut short')(
            lambda bag, pack=PACKERS[ending], behind=behind: pack(tar_of(bag)) + behind)


@hostile('bz2-zeros-behind', 'something else follows')
def bz2_zeros(bag):
    return bz2.compress(tar_of(bag)) + bytes(512)


@hostile('gz-no-tar', 'damaged or cut short')
def gz_no_tar(bag):
    return gzip.compress(b'This is a letter.\n' * 100)


@hostile('gz-bomb', 'times its size')
def gz_bomb(bag):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode='w|') as tar:
            tar.addfile(member('data/zeros', size=128 << 20), io.BytesIO(bytes(128 << 20)))
    return out.getvalue()


@hostile('gz-more-than-payload-oxum', 'times its size')
def gz_oxum(bag):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w:gz') as tar:
        info = b'Payload-Oxum: 1000.1\n'
        tar.addfile(member('bag-info.txt', size=len(info)), io.BytesIO(info))
        tar.addfile(member('data/zeros', size=128 << 20), io.BytesIO(bytes(128 << 20)))
    return out.getvalue()


# ---- zip ----

def zip_of(bag, *extra, how=zipfile.ZIP_DEFLATED, before=b'', comment=b''):
    """`before` stands in front, and the directory knows it."""
    out = io.BytesIO(before)
    out.seek(len(before))
    with zipfile.ZipFile(out, 'w', how) as z:
        z.comment = comment
        for name, content in list(files(bag)) + list(extra):
            z.writestr(name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name), content, how)
    return out.getvalue()


for name, path, says in [
        ('zip-climbs', '../evil', "leaves the package through '..'"),
        ('zip-climbs-as-windows', '..\\evil', "leaves the package through '..'"),
        ('zip-absolute', '/etc/evil', 'has an absolute name'),
        ('zip-drive', 'C:/evil', 'has an absolute name'),
        ('zip-twice', 'bagit.txt', 'is in the package twice'),
        ('zip-below-a-file', 'bagit.txt/evil', 'a folder at the same time'),
]:
    hostile(name, says)(lambda bag, path=path: zip_of(bag, (path, b'evil')))


@hostile('zip-link-climbs', 'leads out of the package')
def zip_link(bag):
    info = zipfile.ZipInfo('data/l')
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return zip_of(bag, (info, b'../../evil'))


def with_last(how, change):
    """A zip whose last file is "data/last", 1,000 bytes; change(zip, start of its local header)."""
    def make(bag):
        z = bytearray(zip_of(bag, ('data/last', bytes(range(250)) * 4), how=how))
        return bytes(change(z, z.rindex(b'PK\3\4')))
    return make


def flip_content(z, local):
    z[local + 30 + len('data/last') + 20] ^= 0x20
    return z


def set_both(z, local_at, central_at, bytes_):
    """The same field in the last local header and in the last central one."""
    local, central = z.rindex(b'PK\3\4'), z.rindex(b'PK\1\2')
    z[local + local_at:local + local_at + len(bytes_)] = bytes_
    z[central + central_at:central + central_at + len(bytes_)] = bytes_
    return z


hostile('zip-damaged', 'damaged')(with_last(zipfile.ZIP_DEFLATED, flip_content))
hostile('zip-stored-damaged', 'damaged')(with_last(zipfile.ZIP_STORED, flip_content))
hostile('zip-wrong-crc', 'damaged')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 14, 16, struct.pack('<I', 0x12345678))))
hostile('zip-encrypted', 'is encrypted')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 6, 8, struct.pack('<H', 1))))
hostile('zip-longer-than-said', 'damaged')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 22, 24, struct.pack('<I', 500))))
hostile('zip-shorter-than-said', 'damaged')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 22, 24, struct.pack('<I', 5000))))
hostile('zip-unknown-method', 'damaged')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 8, 10, struct.pack('<H', 77))))
hostile('zip-cut', 'damaged or cut short')(with_last(zipfile.ZIP_DEFLATED, lambda z, local: z[:-60]))
hostile('zip-without-directory', 'damaged or cut short')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: z[:z.index(b'PK\1\2')]))
hostile('zip-name-of-no-encoding', 'not UTF-8')(with_last(
    zipfile.ZIP_DEFLATED, lambda z, local: set_both(z, 30, 46, b'data/l\x84st')))


@hostile('zip-bomb', 'times its size')
def zip_bomb(bag):
    return zip_of(bag, ('data/zeros', bytes(128 << 20)))


@hostile('zip-file-at-two-places', 'share one place')
def zip_overlap(bag):
    z = bytearray(zip_of(bag, ('data/last', b'x' * 100), ('data/more', b'y' * 100)))
    last = z.rindex(b'PK\1\2')
    before = z.rindex(b'PK\1\2', 0, last)
    z[last + 42:last + 46] = z[before + 42:before + 46]
    return bytes(z)


def ending_moved(z, at, by):
    """A number of the record at the end, four bytes at `at`, raised."""
    z, end = bytearray(z), z.rindex(b'PK\5\6')
    field = slice(end + at, end + at + 4)
    z[field] = struct.pack('<I', struct.unpack('<I', z[field])[0] + by)
    return bytes(z)


def other_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        z.writestr('data/hidden', b'evil')
    return out.getvalue()


def local_entry():
    return other_zip()[:other_zip().index(b'PK\1\2')]


for name, says, make in [
        ('zip-behind-another', 'something before its first file', lambda bag: other_zip() + zip_of(bag)),
        ('zip-behind-another-it-knows', 'something before its first file', lambda bag: zip_of(bag, before=other_zip())),
        ('zip-behind-an-entry', 'something before its first file', lambda bag: local_entry() + zip_of(bag)),
        ('zip-behind-an-entry-it-knows', 'something before its first file', lambda bag: zip_of(bag, before=local_entry())),
        ('zip-behind-a-program', 'neither a folder nor a package', lambda bag: b'MZ' + bytes(4094) + zip_of(bag)),
        ('zip-file-that-directory-lacks', 'something between its files', lambda bag: not_in_directory(
            zip_of(bag, ('data/hidden', b'evil'), ('data/last', b'')), b'data/hidden')),
        ('zip-last-file-that-directory-lacks', 'something between its files', lambda bag: not_in_directory(
            zip_of(bag, ('data/hidden', b'evil')), b'data/hidden')),
        ('zip-folder-with-content', 'is a folder that has content', lambda bag: zip_of(bag, ('data/sub/', b'evil'))),
        ('zip-goes-on', 'goes on after its end', lambda bag: zip_of(bag) + b'evil'),
        ('zip-goes-on-with-zeros', 'goes on after its end', lambda bag: zip_of(bag) + bytes(512)),
        ('zip-goes-on-after-comment', 'goes on after its end', lambda bag: zip_of(bag, comment=b'good') + b'evil'),
        ('zip-before-another', 'something before its first file', lambda bag: zip_of(bag) + other_zip()),
        ('zip-comment-cut', 'damaged|cut short', lambda bag: zip_of(bag, comment=b'x' * 20)[:-5]),
        ('zip-gap-behind-directory', 'damaged|behind its directory', lambda bag: gap_behind_directory(zip_of(bag))),
        ('zip-directory-too-short', 'damaged|behind its directory', lambda bag: ending_moved(zip_of(bag), 12, -1)),
        ('zip-64-gap-behind-directory', 'behind its directory|damaged', lambda bag: gap_behind_directory(large_zip(bag))),
        ('zip-64-gap-behind-record', 'damaged', lambda bag: large_zip(bag).replace(b'PK\6\7', b'evilPK\6\7')),
        ('zip-64-goes-on', 'goes on after its end', lambda bag: large_zip(bag) + b'evil'),
        ('zip-64-behind-another-it-knows', 'something before its first file', lambda bag: large_zip(bag, other_zip())),
]:
    hostile(name, says)(make)


def not_in_directory(z, name):
    """The file's bytes stay where they are, and the directory no longer says so."""
    end = z.rindex(b'PK\5\6')
    count, size, offset = struct.unpack('<HII', z[end + 10:end + 20])
    at = z.index(name, offset) - 46
    z = z[:at] + z[at + 46 + len(name):end] + z[end:]
    end = z.rindex(b'PK\5\6')
    counts = struct.pack('<HHI', count - 1, count - 1, size - 46 - len(name))
    return z[:end + 8] + counts + z[end + 16:]


def gap_behind_directory(z):
    """Room between the directory and the record at the end, or the larger one before that."""
    at = z.rfind(b'PK\6\6')
    if at < 0:
        at = z.rindex(b'PK\5\6')
        return z[:at] + b'evil' + z[at:]
    locator = bytearray(z[z.rindex(b'PK\6\7'):])
    locator[8:16] = struct.pack('<Q', at + 4)
    return z[:at] + b'evil' + z[at:z.rindex(b'PK\6\7')] + bytes(locator)


def large_zip(bag, before=b''):
    limit, zipfile.ZIP_FILECOUNT_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT, 1
    try:
        z = zip_of(bag, before=before, comment=b'a large one')
    finally:
        zipfile.ZIP_FILECOUNT_LIMIT = limit
    assert b'PK\6\6' in z
    return z


def wide(bag, encoding):
    """Names as an old program writes them: bytes of its own code page, and no flag."""
    out = zip_of(bag)
    for name, _ in files(bag):
        raw = name.encode('utf-8')
        if len(raw) != len(name):
            packed = name.encode(encoding)
            out = rename(out, raw, packed)
    return out


def rename(z, old, new):
    """Python marks such names as UTF-8: the zip is made again with other bytes and no mark."""
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(z))
    stand_in = ('x' * len(new)).encode()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as made:
        for info in source.infolist():
            same = info.filename.encode('utf-8') == old
            made.writestr(zipfile.ZipInfo(stand_in.decode() if same else info.filename), source.read(info),
                          zipfile.ZIP_DEFLATED)
    return out.getvalue().replace(stand_in, new)


def main():
    command = sys.argv[1]
    if command == 'list':
        for name, (_, says) in HOSTILE.items():
            print(f'{name}\t{says}')
    elif command == 'make':
        with open(sys.argv[4], 'wb') as f:
            f.write(HOSTILE[sys.argv[2]][0](sys.argv[3]))
    elif command == 'large-zip':
        with open(sys.argv[3], 'wb') as f:
            f.write(large_zip(sys.argv[2]))
    else:
        with open(sys.argv[3], 'wb') as f:
            f.write(wide(sys.argv[2], sys.argv[4]))


main()
