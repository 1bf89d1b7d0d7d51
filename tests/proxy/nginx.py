"""A real nginx, or Caddy, before a real web process, with the configuration that is given to people as an example."""

from __future__ import annotations

import contextlib
import datetime
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scenes.demo.processes import free_port
from tests.processes import started, until
from tests.proxy.caddy import EXAMPLES, caddy

AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {example}
}}
"""


@dataclass(frozen=True)
class Site:
    """``url``: what a browser opens. ``behind``: the web process itself, past the proxy."""

    url: str
    behind: str
    certificate: str
    log: Path


def certificate(folder: Path, host: str) -> str:
    """Makes one for this host, signed by itself, with its key in ``key.pem``; its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    return str(folder / "certificate.pem")


def as_example(name: str, folder: Path, **changed: str) -> str:
    """The example with other ports and paths; each of them must be in it."""
    text = (EXAMPLES / name).read_text()
    for old, new in {
        "127.0.0.1:8000": changed["behind"],
        "listen 443 ssl": f"listen 127.0.0.1:{changed['port']} ssl",
        "server_name": "server_name localhost",
        "/etc/ssl/stashhog.pem": f"{folder}/certificate.pem",
        "/etc/ssl/stashhog.key": f"{folder}/key.pem",
    }.items():
        assert old in text, f"{name} has no {old}"
        text = text.replace(old, new)
    # Port 80 may be taken, and whoever runs the tests may not use it.
    return text.replace("listen 80;", f"listen 127.0.0.1:{changed['plain']};")


@contextlib.contextmanager
def nginx(folder: Path, example: str, behind: str, port: int, plain: int) -> Iterator[None]:
    text = as_example(example, folder, behind=behind, port=str(port), plain=str(plain))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, example=text))
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/error.log"]
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


@contextlib.contextmanager
def site(folder: Path, example: str, path: str = "", **environment: str) -> Iterator[Site]:
    """StashHog below ``path`` of a host behind nginx, or Caddy, as https://localhost:PORT."""
    behind, port, plain = f"127.0.0.1:{free_port()}", free_port(), free_port()
    log = folder / "web.log"
    values = {
        "STASHHOG_BIND": behind,
        "STASHHOG_TRUSTED_PROXIES": "127.0.0.1",
        "STASHHOG_ALLOWED_HOSTS": "localhost",
        "STASHHOG_HTTPS": "true",
        "STASHHOG_BASE_PATH": path,
        "STASHHOG_TEST_LOG": str(log),
    } | environment
    trusted = certificate(folder, "localhost")
    is_caddy = example == "Caddyfile"
    proxy = caddy(folder, behind, port, path) if is_caddy else nginx(folder, example, behind, port, plain)
    with started("manage.py", "web", **values), proxy:
        found = Site(f"https://localhost:{port}{path}", f"http://{behind}{path}", trusted, log)
        until(lambda: _answers(found), f"the web process behind the proxy of {example}")
        yield found


def _answers(site: Site) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{site.url}/healthz", verify=site.certificate, timeout=5).ok
    return False
