"""Authlib as an authorization server on loopback: an issuer with a path, keys without ids, tokens as JWT or opaque.

The clients come as JSON in the environment variable AUTHLIB_CLIENTS:
    [{ "client_id", "client_secret"?, "jwk"?, "auth_method", "token_format": "jwt" | "opaque" }]
Once it listens it prints one line of JSON with its addresses.
"""

import json
import os
import time

# Loopback: Authlib insists on https without it.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, jsonify, request
from joserfc.jwk import OctKey, RSAKey, import_key
from werkzeug.serving import make_server

ENDPOINT_AUTH_METHODS = ["client_secret_post", "client_secret_basic", "client_assertion"]
PUBLISHED_AUTH_METHODS = ["client_secret_post", "client_secret_basic", "client_secret_jwt", "private_key_jwt"]
SCOPES = ["read:orders", "write:orders"]
LIFETIME = 3600


class Client(ClientMixin):
    def __init__(self, client_id, auth_method, client_secret="", jwk=None, token_format="jwt"):
        self.client_id = client_id
        self.auth_method = auth_method
        self.client_secret = client_secret
        self.jwk = jwk
        self.token_format = token_format

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return " ".join(one for one in (scope or "").split() if one in SCOPES)

    def check_client_secret(self, client_secret):
        return self.client_secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == ("client_assertion" if self.auth_method.endswith("_jwt") else self.auth_method)

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class Token(TokenMixin):
    def __init__(self, client, token):
        self.client_id = client.get_client_id()
        self.scope = token.get("scope", "")
        self.issued_at = int(time.time())
        self.expires_at = self.issued_at + token["expires_in"]
        self.revoked = False

    def check_client(self, client):
        return self.client_id == client.get_client_id()

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.expires_at - self.issued_at

    def is_expired(self):
        return time.time() >= self.expires_at

    def is_revoked(self):
        return self.revoked


clients = {one["client_id"]: Client(**one) for one in json.loads(os.environ["AUTHLIB_CLIENTS"])}
tokens = {}
used_assertions = set()
signing_key = RSAKey.generate_key(2048, auto_kid=False)

app = Flask("authlib")
listener = make_server("127.0.0.1", 0, app, threaded=True)
origin = f"http://127.0.0.1:{listener.server_port}"
issuer = f"{origin}/tenant"


class Jwt(JWTBearerTokenGenerator):
    def get_jwks(self):
        return signing_key

    def get_audiences(self, client, user, scope):
        return request.form.get("audience", "https://api.example")


def save_token(token, oauth_request):
    tokens[token["access_token"]] = Token(oauth_request.client, token)


def find(token_string):
    return tokens.get(token_string)


class Assertion(JWTBearerClientAssertion):
    """client_secret_jwt and private_key_jwt in one, because Authlib tries its methods one after the other."""

    CLIENT_AUTH_METHOD = "client_assertion"

    def get_audiences(self):
        return [issuer, f"{issuer}/token"]

    def validate_jti(self, claims, jti):
        if jti in used_assertions:
            return False
        used_assertions.add(jti)
        return True

    def resolve_client_public_key(self, client):
        return import_key(client.jwk) if client.jwk else OctKey.import_key(client.client_secret)


class ClientCredentials(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ENDPOINT_AUTH_METHODS


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ENDPOINT_AUTH_METHODS

    def check_permission(self, token, client, oauth_request):
        return token.check_client(client)

    def query_token(self, token_string, token_type_hint):
        return find(token_string)

    def introspect_token(self, token):
        return {"active": True, "client_id": token.client_id, "token_type": "Bearer", "scope": token.scope,
                "iss": issuer, "exp": token.expires_at, "iat": token.issued_at}


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ENDPOINT_AUTH_METHODS

    def query_token(self, token_string, token_type_hint):
        return find(token_string)

    def revoke_token(self, token, oauth_request):
        token.revoked = True


app.config["OAUTH2_SCOPES_SUPPORTED"] = SCOPES
server = AuthorizationServer(app, query_client=clients.get, save_token=save_token)
jwt = Jwt(issuer, expires_generator=lambda client, grant_type: LIFETIME)
opaque = BearerTokenGenerator(lambda **_: os.urandom(24).hex(), expires_generator=lambda client, grant_type: LIFETIME)
server.register_token_generator("default", lambda **asked: (jwt if asked["client"].token_format == "jwt" else opaque)(**asked))
server.register_client_auth_method("client_assertion", Assertion())
server.register_grant(ClientCredentials)
server.register_endpoint(Introspection)
server.register_endpoint(Revocation)


@app.post("/tenant/token")
def issue_token():
    return server.create_token_response()


@app.post("/tenant/introspect")
def introspect():
    return server.create_endpoint_response("introspection")


@app.post("/tenant/revoke")
def revoke():
    return server.create_endpoint_response("revocation")


@app.get("/tenant/keys")
def keys():
    return jsonify(keys=[signing_key.as_dict(private=False)])


# Only the form of RFC 8414 section 3: the well-known part before the issuer's path.
@app.get("/.well-known/oauth-authorization-server/tenant")
def metadata():
    return jsonify(
        issuer=issuer,
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/keys",
        introspection_endpoint=f"{issuer}/introspect",
        revocation_endpoint=f"{issuer}/revoke",
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=PUBLISHED_AUTH_METHODS,
        scopes_supported=SCOPES,
    )


print(json.dumps({"issuer": issuer, "tokenEndpoint": f"{issuer}/token"}), flush=True)
listener.serve_forever()
