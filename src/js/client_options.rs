//! The options of a client: from what they say to what a client is.

use wasm_bindgen::prelude::*;

use crate::flow::api_call::ApiPolicy;
use crate::flow::authorization_server::AuthorizationServer;
use crate::flow::client::{AssertionAudience, Client, Credential, Dpop, PrivateKey};
use crate::flow::retry::RetryPolicy;
use crate::host::web::{crypto_key_algorithm, source_number};
use crate::js::settings::{Settings, member, number, text_of_key};
use crate::protocol::algorithm::Algorithm;
use crate::protocol::client_auth::{AuthMethod, Means};
use crate::protocol::destination::DestinationPolicy;
use crate::protocol::freshness::RenewalPolicy;
use crate::protocol::json::{self, Object, Value};
use crate::protocol::metadata::{Endpoints, Issuer};
use crate::protocol::option::{OptionError, none_of};
use crate::protocol::private_key::KeyFamily;
use crate::protocol::profile::{self, Profile, Validation};
use crate::protocol::token_request::{TokenRequest, check_parameter_name, scope_values};
use crate::protocol::url::{HttpUrl, Transport};

/// Checks the options of a client.
///
/// # Errors
/// A `TypeError` that names the option.
pub fn read_client(options: &JsValue) -> Result<Client, JsValue> {
    let options = Settings::read(options, "options", "client")?;
    let transport = options.transport();
    one_place(&options)?;
    let profile = profile(&options)?;
    let (method, credential) = credential(&options)?;
    let method = method.unwrap_or(profile.conventions().secret_method);
    let server = server(&options, profile, method, transport)?;
    let dpop = dpop(&options)?;
    let store_secrets = options.secrets("storeSecret");
    let has_store = options.has("store");
    if !store_secrets.is_empty() && !has_store {
        return Err(options.error("storeSecret", "needs options.store").into());
    }
    if has_store && dpop.as_ref().is_some_and(|dpop| dpop.key.is_none()) {
        let problem = "must hold a privateKey where there is options.store: tokens that are bound to the isolate's own key are of no use elsewhere";
        return Err(options.error("dpop", problem).into());
    }
    let seals_itself = match &credential {
        Credential::Secret(_) | Credential::AskedSecret(_) => true,
        Credential::Key(key) => key.text.is_some(),
        Credential::AskedAssertion(_) | Credential::Nothing(_) => false,
    };
    if has_store && store_secrets.is_empty() && !seals_itself {
        return Err(options
            .error(
                "storeSecret",
                "must be given with options.store: this client has no secret of its own that could seal",
            )
            .into());
    }
    let client_id = options.required_text("clientId")?;
    if method == AuthMethod::SecretBasicRaw && client_id.contains(':') {
        let problem = "cannot hold a colon with client_secret_basic_raw (RFC 7617 section 2)";
        return Err(options.error("clientId", problem).into());
    }
    let mut client = Client::new(server, client_id, method, credential);
    match options.text("validate") {
        None => {}
        Some("strict") => client.validation = Validation::Strict,
        Some("off") => client.validation = Validation::Off,
        Some(_) => client.validation = Validation::Auto,
    }
    let knows_keys = client.server.issuer.is_some() || client.server.endpoints.keys.is_some();
    if client.validation == Validation::Strict && !knows_keys {
        return Err(options
            .error("validate", "needs options.issuer, options.domain or options.jwksUri to be strict")
            .into());
    }
    client.secret_algorithm = secret_algorithm(&options, method)?;
    match options.text("assertionAudience") {
        None => {}
        Some("issuer") => client.assertion_audience = AssertionAudience::Issuer,
        Some("token_endpoint") => client.assertion_audience = AssertionAudience::TokenEndpoint,
        Some(text) => client.assertion_audience = AssertionAudience::Text(text.to_owned()),
    }
    client.dpop = dpop;
    client.request = token_request(&options)?;
    if let Some(timeout) = number(options.values(), "timeout") {
        client.timeout_millis = timeout;
    }
    client.renewal = renewal(&options);
    if let Some(again) = options.values().object("retry") {
        client.retry = retry(again, client.retry);
        client.api = again.get("api").map_or(client.api, |api| api_policy(api, client.api));
    }
    client.store_secrets = store_secrets;
    client.authorization_servers = options.values().texts("authorizationServers");
    for server in &client.authorization_servers {
        Issuer::parse(server, transport).map_err(options.url_error("authorizationServers"))?;
    }
    client.destinations = DestinationPolicy { transport, origins: origins(&options, transport)? };
    Ok(client)
}

fn profile(options: &Settings) -> Result<Profile, OptionError> {
    let has_domain = options.has("domain");
    let profile = match options.text("profile") {
        None if has_domain => Profile::Login3,
        None => Profile::Generic,
        Some(name) => {
            Profile::from_name(name).ok_or_else(|| OptionError::new("options.profile", none_of(&Profile::names())))?
        }
    };
    if has_domain && !profile.has_domain() {
        return Err(options.error("profile", "must be login3 or auth0 when options.domain is given"));
    }
    Ok(profile)
}

/// Where the server is: by a domain, an issuer or a token endpoint.
fn one_place(options: &Settings) -> Result<(), OptionError> {
    let given: Vec<&str> = ["domain", "issuer", "tokenEndpoint"].into_iter().filter(|name| options.has(name)).collect();
    match (given.first(), given.get(1)) {
        (None, _) => {
            Err(OptionError::new("options.domain or options.issuer or options.tokenEndpoint", "must be given"))
        }
        (Some(one), Some(other)) => {
            Err(OptionError::new(format!("options.{other}"), format!("cannot be combined with options.{one}")))
        }
        (Some(&"domain"), None) if options.has("jwksUri") => {
            Err(options.error("jwksUri", "cannot be combined with options.domain"))
        }
        (Some(_), None) => Ok(()),
    }
}

/// The server, with the endpoints that are stated and those that its profile knows.
fn server(
    options: &Settings,
    profile: Profile,
    method: AuthMethod,
    transport: Transport,
) -> Result<AuthorizationServer, OptionError> {
    let url = |name: &str| {
        let parsed = options.text(name).map(|text| HttpUrl::parse(text, transport));
        parsed.transpose().map_err(options.url_error(name))
    };
    let stated = Endpoints {
        token: url("tokenEndpoint")?,
        keys: url("jwksUri")?,
        introspection: url("introspectionEndpoint")?,
        revocation: url("revocationEndpoint")?,
    };
    let issuer = match (options.text("domain"), options.text("issuer")) {
        (Some(domain), _) => Some(profile::issuer_of_domain(domain).map_err(options.url_error("domain"))?),
        (None, Some(issuer)) => Some(Issuer::parse(issuer, transport).map_err(options.url_error("issuer"))?),
        (None, None) => None,
    };
    let known = match &issuer {
        // With a certificate the endpoints may be others: the metadata says which.
        Some(issuer) if method != AuthMethod::Tls => profile.endpoints(issuer, transport),
        _ => Endpoints::default(),
    };
    Ok(AuthorizationServer { profile, issuer, endpoints: stated.or(known) })
}

/// What proves who the client is, and the method if it follows from that or is stated.
fn credential(options: &Settings) -> Result<(Option<AuthMethod>, Credential), JsValue> {
    let stated =
        match options.text("authMethod") {
            None => None,
            Some(name) => Some(AuthMethod::from_name(name).ok_or_else(|| {
                OptionError::new("options.authMethod", none_of(&AuthMethod::ALL.map(AuthMethod::name)))
            })?),
        };
    let given: Vec<&str> = ["clientSecret", "privateKey", "clientAssertion", "mtls"]
        .into_iter()
        .filter(|name| options.has(name))
        .collect();
    if let (Some(first), Some(second)) = (given.first(), given.get(1)) {
        let problem = format!("cannot be combined with options.{first}");
        return Err(OptionError::new(format!("options.{second}"), problem).into());
    }
    let (means, default, credential) = match given.first() {
        Some(&"clientSecret") => {
            let secret = options.value("clientSecret");
            let credential = match options.secrets("clientSecret").pop() {
                Some(secret) => Credential::Secret(secret),
                None => Credential::AskedSecret(source_number(&secret)),
            };
            (Means::Secret, None, credential)
        }
        Some(&"privateKey") => {
            let key = private_key(options, options.values(), &options.value("privateKey"), "privateKey")?;
            (Means::Key, Some(AuthMethod::PrivateKeyJwt), Credential::Key(key))
        }
        Some(&"clientAssertion") => {
            let source = source_number(&options.value("clientAssertion"));
            (Means::Key, Some(AuthMethod::PrivateKeyJwt), Credential::AskedAssertion(source))
        }
        Some(_) => {
            if !options.has("fetch") {
                return Err(options.error("mtls", "needs options.fetch: one that presents the certificate").into());
            }
            let connection = source_number(&options.value("fetch"));
            (Means::Nothing, Some(AuthMethod::Tls), Credential::Nothing(connection))
        }
        None if stated == Some(AuthMethod::None) => (Means::Nothing, None, Credential::Nothing(0)),
        None => {
            let problem = "must be given: a non-empty string, or a function that gives one (or options.privateKey, options.clientAssertion, options.mtls, or options.authMethod \"none\")";
            return Err(options.error("clientSecret", problem).into());
        }
    };
    let fits = match stated {
        None => true,
        Some(AuthMethod::None) => matches!(credential, Credential::Nothing(0)),
        Some(AuthMethod::Tls) => matches!(credential, Credential::Nothing(connection) if connection > 0),
        Some(stated) => stated.means() == means,
    };
    if !fits {
        return Err(options.error("authMethod", "does not go with the credential that is given").into());
    }
    let has_key = matches!(credential, Credential::Key(_));
    let signs = has_key || stated == Some(AuthMethod::SecretJwt);
    if (options.has("keyId") && !has_key) || (options.has("assertionAudience") && !signs) {
        let name = if options.has("keyId") { "keyId" } else { "assertionAudience" };
        return Err(options.error(name, "needs an assertion that is signed here, with options.privateKey").into());
    }
    Ok((stated.or(default), credential))
}

fn private_key(options: &Settings, settings: Object<'_>, key: &JsValue, name: &str) -> Result<PrivateKey, OptionError> {
    let facts = settings.object("privateKey").unwrap_or_default();
    let fact = |name: &str| facts.text(name);
    let mistake = |problem: &'static str| options.error(name, problem);
    let unfit = |problem: String| OptionError::new(format!("options.{name}"), problem);
    let wanted = match settings.text("signingAlgorithm") {
        None => None,
        Some(alg) => Some(asymmetric(alg).ok_or_else(|| {
            let path = format!("options.{}", name.replace("privateKey", "signingAlgorithm"));
            OptionError::new(path, none_of(&Algorithm::ASYMMETRIC.map(Algorithm::name)))
        })?),
    };
    let text = text_of_key(key);
    let mut key_id = settings.text("keyId").map(str::to_owned);
    let algorithm = match (fact("format"), &text) {
        (Some("jwk"), Some(text)) => {
            let jwk = json::object(text.expose().as_bytes()).map_err(|_| mistake("must be a JWK of JSON values"))?;
            let jwk = jwk.root();
            let family = KeyFamily::of_jwk(jwk).map_err(mistake)?;
            key_id = key_id.or_else(|| jwk.text("kid").map(str::to_owned));
            family.algorithm(wanted.or_else(|| jwk.text("alg").and_then(asymmetric))).map_err(unfit)?
        }
        (_, Some(text)) => KeyFamily::of_pem(text.expose()).map_err(mistake)?.algorithm(wanted).map_err(unfit)?,
        (_, None) => crypto_key_algorithm(fact("name").unwrap_or_default(), fact("hash"), fact("curve"))
            .filter(|own| wanted.is_none_or(|wanted| wanted == *own))
            .ok_or_else(|| mistake("is a CryptoKey of another algorithm than the one that is to sign"))?,
    };
    let number = if text.is_none() { source_number(key) } else { 0 };
    Ok(PrivateKey { text, number, algorithm, key_id })
}

fn asymmetric(name: &str) -> Option<Algorithm> {
    Algorithm::from_name(name).filter(|algorithm| Algorithm::ASYMMETRIC.contains(algorithm))
}

fn dpop(options: &Settings) -> Result<Option<Dpop>, OptionError> {
    let Some(dpop) = options.values().object("dpop") else { return Ok(None) };
    let key = if dpop.contains("privateKey") {
        let key = member(&options.value("dpop"), "privateKey");
        Some(private_key(options, dpop, &key, "dpop.privateKey")?)
    } else {
        None
    };
    Ok(Some(Dpop { key, allows_bearer: dpop.get("allowBearer") == Some(Value::Bool(true)) }))
}

fn secret_algorithm(options: &Settings, method: AuthMethod) -> Result<Algorithm, OptionError> {
    match options.text("signingAlgorithm") {
        Some(_) if !matches!(method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt) => {
            Err(options.error("signingAlgorithm", "needs an assertion that is signed here"))
        }
        Some(name) if method == AuthMethod::SecretJwt => Algorithm::from_name(name)
            .filter(|algorithm| Algorithm::SYMMETRIC.contains(algorithm))
            .ok_or_else(|| options.error("signingAlgorithm", "must be HS256, HS384 or HS512 for client_secret_jwt")),
        _ => Ok(Algorithm::Hs256),
    }
}

/// What is asked for: `audience`, `scope`, `organization`, `resource`, `authorizationDetails`, `parameters`.
///
/// # Errors
/// The option that is not as the protocol has it.
pub fn token_request(options: &Settings) -> Result<TokenRequest, OptionError> {
    let text = |name: &str| options.text(name).map(str::to_owned);
    let path = |name: &str| options.error(name, "").path;
    let scope = options.values().texts("scope");
    let scope = if scope.is_empty() { scope } else { scope_values(&scope.join(" "), &path("scope"))? };
    let resource = options.values().texts("resource");
    for resource in &resource {
        // RFC 8707 section 2: an absolute URI without a fragment. A URN will do.
        if !resource.contains(':') || resource.contains('#') {
            return Err(options.error("resource", "must be an absolute URI without a fragment (RFC 8707)"));
        }
    }
    let mut parameters = Vec::new();
    for pair in options.values().array("parameters").into_iter().flatten() {
        let Value::Array(pair) = pair else { continue };
        let [name, value] = <[String; 2]>::try_from(pair.texts()).unwrap_or_default();
        check_parameter_name(&name, &path("parameters"))?;
        parameters.push((name, value));
    }
    Ok(TokenRequest {
        audience: text("audience"),
        scope,
        organization: text("organization"),
        resource,
        authorization_details: text("authorizationDetails"),
        parameters,
    })
}

fn origins(options: &Settings, transport: Transport) -> Result<Option<Vec<String>>, OptionError> {
    if !options.has("apiOrigins") {
        return Ok(None);
    }
    let error = options.url_error("apiOrigins");
    let origin = |text: &String| DestinationPolicy::parse_origin(text, transport).map_err(&error);
    options.values().texts("apiOrigins").iter().map(origin).collect::<Result<_, _>>().map(Some)
}

fn renewal(options: &Settings) -> RenewalPolicy {
    let default = RenewalPolicy::default();
    let given = options.values().object("refresh").unwrap_or_default();
    RenewalPolicy {
        leeway_millis: number(given, "leeway")
            .map_or(default.leeway_millis, |seconds| i64::from(seconds).saturating_mul(1000)),
        jitter: given.number("jitter").unwrap_or(default.jitter),
    }
}

/// What differs from `base`.
fn retry(given: Object<'_>, base: RetryPolicy) -> RetryPolicy {
    RetryPolicy {
        attempts: number(given, "attempts").unwrap_or(base.attempts),
        max_delay_millis: number(given, "maxDelay").unwrap_or(base.max_delay_millis),
        refusal_millis: number(given, "hold").map_or(base.refusal_millis, i64::from),
        deadline_millis: number(given, "deadline").unwrap_or(base.deadline_millis),
    }
}

/// What of an API call may be sent again: nothing for `false`, or what differs from `base`.
pub fn api_policy(given: Value<'_>, base: ApiPolicy) -> ApiPolicy {
    match given {
        Value::Bool(false) => base.off(),
        Value::Object(given) => ApiPolicy {
            retry: retry(given, base.retry),
            renew: given.get("renew").map_or(base.renew, |renew| renew == Value::Bool(true)),
        },
        _ => base,
    }
}
