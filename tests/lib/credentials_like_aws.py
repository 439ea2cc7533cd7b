#!/usr/bin/python3
"""Who wins? Environments and configuration files of many shapes, each given to accession and to
botocore (what the aws command line stands on); both must find the same access key, or none.

    credentials_like_aws.py ACCESSION matrix SCRIPTED-URL
    credentials_like_aws.py ACCESSION signature

The second has botocore compute the signature of an AssumeRole that accession sends.
"""
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PROCESS = """sh -c 'echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"AKIAPROCESS\\", \\"SecretAccessKey\\": \\"s\\"}"'"""
BASE = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"


def keys(name):
    return f"aws_access_key_id = {name}\naws_secret_access_key = s\n"


# name: (lines of the profile in the config file, in the credentials file, other profiles)
KINDS = {
    "nothing": ("region = eu-west-1\n", "", ""),
    "config": (keys("AKIACONFIG"), "", ""),
    "credentials": ("region = eu-west-1\n", keys("AKIAFILE"), ""),
    "both files": (keys("AKIACONFIG"), keys("AKIAFILE"), ""),
    "half": ("aws_access_key_id = AKIAHALF\n", "", ""),
    "half in the other file": ("aws_secret_access_key = s\n", "aws_access_key_id = AKIAHALF\n", ""),
    "process": (f"credential_process = {PROCESS}\n", "", ""),
    "process, config": (f"credential_process = {PROCESS}\n" + keys("AKIACONFIG"), "", ""),
    "process, credentials": (f"credential_process = {PROCESS}\n", keys("AKIAFILE"), ""),
    "process fails": ("credential_process = false\n", "", ""),
    "role": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n", "", BASE),
    "role, keys": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n" + keys("AKIACONFIG"), "", BASE),
    "role in the credentials file": ("", "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n", BASE),
    "role from itself": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = %PROFILE%\n" + keys("AKIACONFIG"), "", ""),
    "role from itself without keys": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = %PROFILE%\n", "", ""),
    "role from a process": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = p\n", "", f"[profile p]\ncredential_process = {PROCESS}\n"),
    "role from a role": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = m\n", "",
                         "[profile m]\nrole_arn = arn:aws:iam::123456789012:role/m\nsource_profile = base\n" + BASE),
    "role from the environment": ("role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n", "", ""),
    "role from EC2": ("role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Ec2InstanceMetadata\n", "", ""),
    "role from a container": ("role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = EcsContainer\n", "", ""),
    "role from nobody": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = nobody\n", "", ""),
    "role without source": ("role_arn = arn:aws:iam::123456789012:role/r\n", "", ""),
    "role with two sources": ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\ncredential_source = Environment\n", "", BASE),
    "web identity": ("role_arn = arn:aws:iam::123456789012:role/w\nweb_identity_token_file = %TOKEN%\n", "", ""),
    "web identity, keys": ("role_arn = arn:aws:iam::123456789012:role/w\nweb_identity_token_file = %TOKEN%\n" + keys("AKIACONFIG"), "", ""),
    "web identity without role": ("web_identity_token_file = %TOKEN%\n", keys("AKIAFILE"), ""),
    "odd spelling": ("AWS_Access_Key_Id: AKIAODD\naws_secret_access_key=s ; s # s\ns3 =\n  max_bandwidth = 1\n# x\n", "", ""),
}
NAMINGS = ("default", "variable", "option")


def environment(folder, kind, naming, bits, url):
    profile = "default" if naming == "default" else "archive"
    config, credentials, others = (
        text.replace("%PROFILE%", profile).replace("%TOKEN%", folder + "/token") for text in KINDS[kind])
    header = "[default]\n" if profile == "default" else "[profile archive]\n"
    with open(folder + "/config", "w") as f:
        f.write(header + config + others)
    with open(folder + "/credentials", "w") as f:
        f.write(f"[{profile}]\n{credentials}" if credentials else "")
    env = {"PATH": "/usr/bin:/bin", "HOME": folder, "AWS_CONFIG_FILE": folder + "/config",
           "AWS_SHARED_CREDENTIALS_FILE": folder + "/credentials", "AWS_ENDPOINT_URL_STS": url + "/_sts",
           "AWS_EC2_METADATA_DISABLED": "true", "AWS_METADATA_SERVICE_TIMEOUT": "30",
           "AWS_DEFAULT_REGION": "us-east-1"}
    if naming == "variable":
        env["AWS_PROFILE"] = profile
    if bits & 1:
        env.update(AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="s")
    if bits & 2:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url + "/_container"
    if bits & 4:
        del env["AWS_EC2_METADATA_DISABLED"]
        env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = url + "/_imds/"
    if bits & 8:
        env.update(AWS_WEB_IDENTITY_TOKEN_FILE=folder + "/token", AWS_ROLE_ARN="arn:aws:iam::123456789012:role/e")
    return env


def kind_of(access_key):
    """Temporary ones are numbered in the order of issue: only their source counts."""
    return re.sub(r"\d+$", "", access_key)


def ask_accession(accession, env, option):
    command = [accession, "config", "credentials", "--json"] + (["--profile", "archive"] if option else [])
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        return f"status {done.returncode}: {done.stderr}"
    return kind_of(json.loads(done.stdout)["access_key"]) if done.returncode == 0 else None


class Session(botocore.session.Session):
    """Versions of botocore before 1.31 do not know AWS_ENDPOINT_URL_STS."""

    def create_client(self, service_name, *args, **kwargs):
        if service_name == "sts":
            kwargs["endpoint_url"] = os.environ["AWS_ENDPOINT_URL_STS"]
        return super().create_client(service_name, *args, **kwargs)


def ask_botocore(env, option):
    os.environ.clear()
    os.environ.update(env)
    session = Session(profile="archive" if option else None)
    try:
        found = session.get_credentials()
        return kind_of(found.get_frozen_credentials().access_key) if found else None
    except Exception:  # its kinds of failure share no base class; none is a find
        return None


def cases():
    for number, kind in enumerate(KINDS):
        for naming in NAMINGS:
            for bits in range(16):
                # All for a few kinds; for the others every source alone, and one mixture each.
                if kind in ("nothing", "role") or bits in (0, 1, 2, 4, 8, 3 + number % 13):
                    yield kind, naming, bits


def matrix(accession, url):
    folder = tempfile.mkdtemp()
    with open(folder + "/token", "w") as f:
        f.write("header.payload.signature")
    own = dict(os.environ)
    count = wrong = 0
    winners = {}
    for kind, naming, bits in cases():
        env = environment(folder, kind, naming, bits, url)
        ours = ask_accession(accession, env, naming == "option")
        theirs = ask_botocore(env, naming == "option")
        count += 1
        winners[theirs] = winners.get(theirs, 0) + 1
        if ours != theirs:
            wrong += 1
            print(f"{kind}, profile by {naming}, sources {bits:04b}: accession {ours}, botocore {theirs}")
    os.environ.clear()
    os.environ.update(own)
    subprocess.run(["rm", "-r", folder], check=True)
    print(f"{count} compared, {wrong} differ; winners: {winners}")
    return wrong == 0 and count > 200 and len(winners) >= 9


class Sts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        given = self.headers["Authorization"]
        names = re.search(r"SignedHeaders=([^,]+)", given).group(1).split(";")
        request = AWSRequest("POST", self.server.url + self.path, data=body,
                             headers={name: self.headers[name] for name in names})
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = SigV4Auth(Credentials("AKIABASE", "secret/with+signs", "session/token+=="), "sts", "eu-west-1")
        text = auth.string_to_sign(request, auth.canonical_request(request))
        self.server.agreed = given.endswith("Signature=" + auth.signature(text, request)) and \
            {"host", "x-amz-date", "x-amz-security-token"} <= set(names)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def signature(accession):
    server = http.server.HTTPServer(("127.0.0.1", 0), Sts)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.agreed = None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.NamedTemporaryFile("w") as config:
        config.write("[default]\nregion = eu-west-1\nsource_profile = base\nexternal_id = é &+/%\n"
                     "role_arn = arn:aws:iam::123456789012:role/a/b\n[profile base]\n"
                     "aws_access_key_id = AKIABASE\naws_secret_access_key = secret/with+signs\n"
                     "aws_session_token = session/token+==\n")
        config.flush()
        for path in ("", "/", "/_sts/x"):
            env = {"PATH": "/usr/bin:/bin", "AWS_CONFIG_FILE": config.name,
                   "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_ENDPOINT_URL_STS": server.url + path}
            subprocess.run([accession, "config", "credentials"], env=env, capture_output=True, check=False)
            print(f"endpoint path '{path}': signature agrees: {server.agreed}")
            if not server.agreed:
                return False
            server.agreed = None
    return True


if __name__ == "__main__":
    good = matrix(sys.argv[1], sys.argv[3]) if sys.argv[2] == "matrix" else signature(sys.argv[1])
    sys.exit(0 if good else 1)
