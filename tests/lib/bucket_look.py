"""What a bucket really holds, seen by botocore alone: for checkers that share no code with accession.

A Bucket is one prefix of one bucket. Contents are read back and hashed; a version whose id, ETag and
time were seen before is not read again.
"""
import hashlib

import botocore.config
import botocore.handlers
import botocore.session

ONLY_VERSION = "null"  # of an object in a bucket without versions


class Version:
    """An object's version, or a delete marker: then sha256 is None."""

    def __init__(self, version_id, etag, sha256, size, modified):
        self.id, self.etag, self.sha256, self.size, self.modified = version_id, etag, sha256, size, modified

    def same_object(self, other):
        return (self.id, self.etag, self.sha256, self.modified) == (other.id, other.etag, other.sha256, other.modified)

    def __repr__(self):
        return f"{self.id}:{self.sha256[:8] if self.sha256 else 'delete marker'}"


def client(endpoint, region="us-east-1"):
    """Keys come from AWS_*. Checksums stay out of the requests, and nothing is retried in silence."""
    settings = botocore.config.Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3})
    s3 = botocore.session.get_session().create_client("s3", region, endpoint_url=endpoint, config=settings)
    # botocore may miss the 100 Continue that it asked for, and then waits for a minute.
    s3.meta.events.unregister("before-call.s3", botocore.handlers.add_expect_header)
    return s3


class Bucket:
    def __init__(self, s3, name, prefix):
        self.s3, self.name, self.prefix = s3, name, prefix
        self.read_before = {}

    def versions(self):
        """{key below the prefix: [Version, the oldest first]}; the last one is what a reader gets."""
        found = {}
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=self.prefix + "/")
        for page in pages:
            for one in page.get("Versions", []):
                found.setdefault(one["Key"], []).append(self._version(one))
            for one in page.get("DeleteMarkers", []):
                marker = Version(one["VersionId"], "", None, 0, one["LastModified"])
                found.setdefault(one["Key"], []).append((one["IsLatest"], marker))
        return {key[len(self.prefix) + 1:]: self._in_order(versions) for key, versions in found.items()}

    def uploads(self):
        """{upload id: key below the prefix} of the multipart uploads that are open."""
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=self.prefix + "/")
        return {one["UploadId"]: one["Key"][len(self.prefix) + 1:] for page in pages for one in page.get("Uploads", [])}

    def put(self, key, body):
        self.s3.put_object(Bucket=self.name, Key=f"{self.prefix}/{key}", Body=body)

    def delete(self, key):
        self.s3.delete_object(Bucket=self.name, Key=f"{self.prefix}/{key}")

    def abort(self, key, upload):
        self.s3.abort_multipart_upload(Bucket=self.name, Key=f"{self.prefix}/{key}", UploadId=upload)

    def _version(self, listed):
        seen = (listed["Key"], listed["VersionId"], listed["ETag"], listed["LastModified"])
        if seen not in self.read_before:
            wanted = {} if listed["VersionId"] == ONLY_VERSION else {"VersionId": listed["VersionId"]}
            body = self.s3.get_object(Bucket=self.name, Key=listed["Key"], **wanted)["Body"]
            digest = hashlib.sha256()
            while chunk := body.read(1 << 20):
                digest.update(chunk)
            self.read_before[seen] = digest.hexdigest()
        return listed["IsLatest"], Version(listed["VersionId"], listed["ETag"].strip('"'), self.read_before[seen],
                                           listed["Size"], listed["LastModified"])

    @staticmethod
    def _in_order(versions):
        """Listings have the newest first; times may be equal, so only the latest one's place is fixed."""
        versions.reverse()
        versions.sort(key=lambda pair: pair[0])
        return [version for _, version in versions]
