#!/usr/bin/python3
"""compat_swift.py DIR PORT: OpenStack Swift with its S3 API on loopback: a proxy at PORT, and behind it one server
each for accounts, containers and objects, with rings of one device. Each is a process of this one's group. Its data and settings lie below DIR.
"""
import os
import sys

import eventlet
from paste.deploy import appconfig
from swift.common import utils, wsgi
from swift.common.middleware.tempauth import TempAuth
from swift.common.ring import RingBuilder

STORES = ("account", "container", "object")
# tempauth wants a cache, which it asks in vain here: the port is closed.
FILTERS = {"catch_errors": "", "gatekeeper": "", "listing_formats": "", "copy": "", "slo": "", "symlink": "",
           "memcache": "use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:9",
           "s3api": "use = egg:swift#s3api\nlocation = us-east-1\nmax_upload_part_num = 10000",
           "tempauth": "paste.filter_factory = compat_swift:auth\nuser_compat_admin = compat-secret .admin",
           "versioned_writes": "use = egg:swift#versioned_writes\nallow_object_versioning = true"}
# In the order that Swift's sample has.
PIPELINE = "catch_errors gatekeeper memcache listing_formats s3api tempauth copy slo versioned_writes symlink proxy-server"


def settings(folder, name, pipeline, sections):
    path = os.path.join(folder, f"{name}-server.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"[DEFAULT]\nswift_dir = {folder}\ndevices = {folder}/devices\nmount_check = false\n"
                   f"disable_fallocate = true\nworkers = 0\nlog_level = WARNING\n[pipeline:main]\npipeline = {pipeline}\n{sections}")
    return path


def listen(port=0):
    return eventlet.listen(("127.0.0.1", port), backlog=1024)


def make_ring(folder, name, port):
    builder = RingBuilder(4, 1, 0)
    place = {"ip": "127.0.0.1", "port": port}
    builder.add_dev({"region": 1, "zone": 1, "device": "one", "weight": 1, "meta": "", **place,
                     **{f"replication_{key}": value for key, value in place.items()}})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f"{name}.ring.gz"))


class Auth(TempAuth):
    """Its access keys are ACCOUNT:USER, and curl, by which the tests look, takes none with a colon. It replaces the
    key in paths, so none may contain it."""
    def __init__(self, app, conf):
        super().__init__(app, conf)
        self.users["no-colon"] = self.users["compat:admin"]


def auth(_, **conf):
    return lambda app: Auth(app, conf)


def serve(path, section, sock):
    conf = appconfig(f"config:{path}", name=section)
    wsgi.run_server(conf, utils.get_logger(conf, section, log_to_console=True), sock)


def main(folder, port):
    os.makedirs(os.path.join(folder, "devices", "one"))
    with open(os.path.join(folder, "swift.conf"), "w", encoding="ascii") as file:
        file.write("[swift-hash]\nswift_hash_path_suffix = compat\n")
    utils.set_swift_dir(folder)
    socks = {name: listen() for name in STORES}
    for name, sock in socks.items():
        make_ring(folder, name, sock.getsockname()[1])
    for name, sock in socks.items():
        if os.fork() == 0:
            serve(settings(folder, name, name, f"[app:{name}]\nuse = egg:swift#{name}\n"), name, sock)
            return
        sock.close()
    sections = "".join(f"[filter:{name}]\n{text or f'use = egg:swift#{name}'}\n" for name, text in FILTERS.items())
    sections += "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\nconn_timeout = 10\nnode_timeout = 60\n"
    serve(settings(folder, "proxy", PIPELINE, sections), "proxy-server", listen(int(port)))


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2])
