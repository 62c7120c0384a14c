"""A small OpenID provider of the test's own, on loopback. It does everything right until a test changes it."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT_ID, CLIENT_SECRET = "portsec", "a secret of the provider's"

OWN = "the provider's"


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public() -> dict[str, Any]:
    described = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key(OWN).public_key()))
    return {**described, "kid": "1", "use": "sig", "alg": "ES256"}


class Provider:
    """`claims` are laid over those of the ID token (None takes one away), `description` over what discovery answers."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.claims: dict[str, Any] = {}
        self.description: dict[str, Any] = {}
        self.headers: dict[str, str] = {}  # sent to the token endpoint
        self.redirects: str = ""
        self.key: Any = key(OWN)
        self.algorithm = "ES256"
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def sign_in(self, address: str, **claims: Any) -> dict[str, str]:
        """A person at the provider's page: what the browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.claims |= claims
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        return {"code": code, "state": query["state"]}

    def answer(self, path: str, body: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.description,
            }
        if path == "/keys":
            return 200, {"keys": [public()]}
        return self._redeem({name: values[0] for name, values in parse_qs(body).items()})

    def _redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        query = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT_ID}:a%20secret%20of%20the%20provider%27s".encode()).decode()
        if query is None or self.headers.get("Authorization") != f"Basic {basic}" or form["redirect_uri"] != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if challenge != query["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._token(query)}

    def _token(self, query: dict[str, str]) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": query["client_id"], "sub": "subject-1", "iat": now, "exp": now + 300, "nonce": query["nonce"],
            "email": "security_officer@gdansk.example", "email_verified": True, "name": "Ola Morska", **self.claims,
        }  # fmt: skip
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, self.key, self.algorithm, headers={"kid": "1"})


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            here.asked.append(self.path)
            here.headers = dict(self.headers.items())
            status, said = (302, {}) if here.redirects else here.answer(self.path, body)
            text = json.dumps(said).encode()
            self.send_response(status)
            if here.redirects:
                self.send_header("Location", here.redirects)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Provider(server.server_port)
        Thread(target=server.serve_forever, daemon=True).start()
        yield here
        server.shutdown()
