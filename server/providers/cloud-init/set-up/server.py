"""Calls of the server, and its manifest: the files that a machine needs."""

import json
import platform
import re
import ssl
import time
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

from errors import Failure, Refusal

ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
# Timeout of a request to the server.
CALL_S = 30


def check_address(url):
    parts = urlsplit(url)
    loopback = re.fullmatch(r"localhost|127(\.\d+){3}|::1", parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise Refusal(f"the server's address {url} is not https")


class Server:
    def __init__(self, url):
        check_address(url)
        self.url = url.rstrip("/") + "/"
        self.manifest = None

    def open(self, path, body=None):
        headers = {"content-type": "application/json"}
        request = Request(urljoin(self.url, path.lstrip("/")), body, headers)
        try:
            return urlopen(request, timeout=CALL_S)
        except HTTPError as error:
            code, detail = read_problem(error)
            if code == "registration_refused":
                raise Refusal("the server does not know this launch") from error
            raise Failure(f"{request.full_url} answered {error.code} {detail}") from error
        except URLError as error:
            why = error.reason
            if not isinstance(why, ssl.SSLCertVerificationError):
                said = getattr(why, "strerror", None) or why
                raise Failure(f"{request.host} can't be reached: {said}") from error
            raise Failure(
                f"the certificate of {request.host} is not trusted here: {why.verify_message}"
                f" (this machine's clock says {time.strftime('%F %T', time.gmtime())} UTC)"
            ) from error

    def file(self, name):
        """Returns the manifest's entry with this name."""
        self.manifest = self.manifest or self.ask_for_manifest()
        return self.manifest[name]

    def ask_for_manifest(self):
        arch = ARCHITECTURES.get(platform.machine(), platform.machine())
        with self.open(f"v1/machine/manifest?arch={arch}") as answer:
            check_address(answer.url)
            try:
                files = {file["name"]: file for file in json.load(answer)["files"]}
                for name in ("node", "responder.mjs"):
                    # The digest becomes a folder's name.
                    int(files[name]["sha256"], 16)
                return files
            except (ValueError, TypeError, KeyError) as error:
                raise Failure(f"{self.url} answered no manifest; is it this server?") from error


def read_problem(error):
    try:
        problem = json.load(error)
        return problem["code"], problem.get("detail") or problem["title"]
    except (ValueError, TypeError, KeyError, OSError):
        return None, error.reason
