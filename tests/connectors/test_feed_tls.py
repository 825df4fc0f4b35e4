"""Feeds over TLS: an invalid certificate is refused, one's own authority can be trusted, and time-outs hold."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_writer import item, rss
from web_double import Handler, WebDouble

from connectors import Context, SourceError, feed

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key"), "-out", str(folder / "both")],
        check=True, capture_output=True,
    )  # fmt: skip
    with (folder / "both").open("a") as both:
        both.write((folder / "key").read_text())
    return folder / "both"


@pytest.fixture
def web(certificate: Path) -> Iterator[WebDouble]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with WebDouble(tls=context) as double:
        yield double


def poller(web: WebDouble, host: str = "localhost", **settings: object) -> feed.FeedPoller:
    plain = {"name": "reviews", "kind": "feed", "url": web.url(host=host), "allow_private": True, "timeout": "5s"}
    return feed.connect(feed.Settings.model_validate({**plain, **settings}), Context())


def test_a_certificate_nobody_vouches_for_is_refused_in_words(web: WebDouble) -> None:
    web.serve(rss(item(1)))
    with pytest.raises(SourceError, match=r"has no valid certificate \(self-signed certificate\)"):
        poller(web).poll(None)
    assert web.requests == []


def test_a_certificate_of_ones_own_authority_is_trusted_when_it_is_named(web: WebDouble, certificate: Path) -> None:
    web.serve(rss(item(1)))
    assert len(poller(web, ca_file=str(certificate)).poll(None).mentions) == 1


def test_a_certificate_for_another_name_is_refused(web: WebDouble, certificate: Path) -> None:
    with pytest.raises(SourceError, match="has no valid certificate"):
        poller(web, host="127.0.0.1", ca_file=str(certificate)).poll(None)


def test_a_missing_file_of_certificates_needs_a_person(web: WebDouble, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ca_file"):
        poller(web, ca_file=str(tmp_path / "none")).poll(None)


def test_a_server_that_dribbles_over_tls_is_given_up_in_time(web: WebDouble, certificate: Path) -> None:
    def dribble(handler: Handler) -> None:
        while not handler.stopping.wait(0.05):
            handler.raw(b"X")

    web.answers["/feed.xml"] = dribble
    began = time.monotonic()
    with pytest.raises(SourceError, match="did not answer in full within 1 s"):
        poller(web, ca_file=str(certificate), timeout="1s").poll(None)
    assert time.monotonic() - began < 2.5
