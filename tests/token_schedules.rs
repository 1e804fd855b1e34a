//! Seeded schedules: callers, deaths, outages, clock jumps and secret rotations in any order, some
//! within minutes and some within a whole day, and what must hold in every one of them.
//!
//! `GATEPASS_SEED=N cargo test --test token_schedules NAME` replays one schedule of one test;
//! `make simulate SCHEDULES=N SEED=N` runs so many in all, from a seed on, and says what they reached.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test that panics is a test that fails"
)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_executor::{LocalPool, LocalSpawner};
use futures_util::task::LocalSpawnExt;
use gatepass::flow::authorization_server::{AuthorizationServer, Servers};
use gatepass::flow::client::{Client, Credential};
use gatepass::flow::token_engine::{Answer, TokenEngine, Wish};
use gatepass::host::clock::Clock;
use gatepass::host::fake::{FakeHost, json_response};
use gatepass::host::fetch::FetchError;
use gatepass::host::random::Random;
use gatepass::host::sleep::Sleep;
use gatepass::protocol::access_token::AccessToken;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::metadata::Endpoints;
use gatepass::protocol::profile::Profile;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::token_request::TokenRequest;
use gatepass::protocol::url::{HttpUrl, Transport};

thread_local! {
    /// How often the schedules of this test have met what they are there for.
    static REACHED: RefCell<BTreeMap<&'static str, u64>> = RefCell::default();
}

fn reach(what: &'static str) {
    REACHED.with_borrow_mut(|reached| *reached.entry(what).or_default() += 1);
}

const START: i64 = 1_700_000_000;
/// Milliseconds a request may take.
const TIMEOUT: u32 = 2000;

fn client() -> Client {
    let token = HttpUrl::parse("https://as.example/token", Transport::Secure).unwrap();
    let server = AuthorizationServer {
        profile: Profile::Generic,
        issuer: None,
        endpoints: Endpoints { token: Some(token), ..Endpoints::default() },
    };
    Client {
        timeout_millis: TIMEOUT,
        ..Client::new(server, "id".to_owned(), AuthMethod::SecretPost, Credential::AskedSecret(1))
    }
}

/// What workerd does to a cancelled request: nothing of it runs again, and nothing of it is dropped.
struct Mortal<F> {
    body: Pin<Box<F>>,
    dead: Rc<Cell<bool>>,
}

impl<F: Future<Output = ()>> Future for Mortal<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.dead.get() { Poll::Pending } else { self.body.as_mut().poll(context) }
    }
}

/// How long a schedule is, in seconds, and what it may contain besides callers.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a trouble of its own")]
struct Weather {
    /// How long a token lives.
    lifetime: i64,
    /// The most callers, and how far apart the first and the last come.
    callers: i64,
    span: i64,
    /// Callers come in bursts so many seconds apart.
    step: i64,
    /// The longest outage.
    outage: i64,
    deaths: bool,
    outages: bool,
    jumps: bool,
    rotations: bool,
}

const MINUTES: Weather = Weather {
    lifetime: 60,
    callers: 60,
    span: 240,
    step: 10,
    outage: 40,
    deaths: false,
    outages: false,
    jumps: false,
    rotations: false,
};
const DAY: Weather = Weather { lifetime: 3600, callers: 300, span: 86_400, step: 300, outage: 3000, ..MINUTES };

struct World {
    host: FakeHost,
    engine: TokenEngine<String>,
    servers: Servers<String>,
    client: Client,
    weather: Weather,
    /// Per audience: until when a token is good that some caller has been given.
    delivered: RefCell<HashMap<String, i64>>,
}

impl World {
    fn pick(&self, from: i64, to: i64) -> i64 {
        from + (self.host.unit() * (to - from) as f64) as i64
    }

    fn seconds(&self) -> i64 {
        self.host.true_time().as_millis() / 1000
    }

    /// So many seconds before its end a token is no longer handed out.
    fn leeway(&self) -> i64 {
        (self.weather.lifetime / 10).min(10)
    }

    /// A renewal or a cold call has failed: only in an outage, and only where no token may be handed out any more.
    fn check_failure(&self, held: Option<i64>, failure: &impl std::fmt::Debug) {
        reach("failures");
        assert!(self.weather.outages, "failed in calm weather: {failure:?}");
        let usable = held.is_some_and(|end| self.seconds() < end - self.leeway() - 1);
        assert!(!usable || self.weather.jumps, "failed with a good token in hand: {failure:?}");
    }

    /// A token was handed out: it is for this audience, and it lives.
    fn check(&self, token: &AccessToken, audience: &str) {
        let mut parts = token.value.expose().split(':');
        assert_eq!(parts.next(), Some(audience), "a token for another audience");
        let end: i64 = parts.next().unwrap().parse().unwrap();
        if !self.weather.jumps {
            // The server counts whole seconds, and the engine from when it asked.
            let usable = end - self.leeway() + 1;
            assert!(self.host.true_time().as_millis() < usable * 1000, "a token too near to its end, or past it");
        }
        self.delivered.borrow_mut().insert(audience.to_owned(), end);
    }

    async fn call(self: Rc<Self>, audience: String) {
        reach("callers");
        let started = self.host.true_time();
        let request = TokenRequest { audience: Some(audience.clone()), ..TokenRequest::default() };
        let key = self.client.cache_key(&request);
        let wish = Wish { client: &self.client, request: &request, key: &key };
        let held = || self.delivered.borrow().get(&audience).copied();
        let safe = held().is_some_and(|end| end > self.seconds() + self.leeway() + 2);
        match self.engine.answer(&key, self.host.now()) {
            Answer::Ready(token) => self.check(&token, &audience),
            Answer::Renew(token, renewal) => {
                reach("renewals");
                self.check(&token, &audience);
                match self.engine.renew(&self.host, &self.servers, &wish, renewal).await {
                    Ok((token, _)) => self.check(&token, &audience),
                    Err(failure) => self.check_failure(held(), &failure),
                }
            }
            Answer::Missing => {
                reach("cold calls");
                assert!(!safe || self.weather.jumps, "a good token was lost");
                match self.engine.obtain(&self.host, &self.servers, &wish).await {
                    Ok((token, _)) => self.check(&token, &audience),
                    Err(failure) => self.check_failure(held(), &failure),
                }
            }
        }
        let took = self.host.true_time().millis_since(started);
        assert!(took <= i64::from(2 * TIMEOUT + 2500), "took {took} ms");
    }
}

fn run(seed: u64, weather: Weather) {
    let host = FakeHost::new(START, |_| unreachable!());
    host.seed(seed);
    let clock = Rc::new(Cell::new(START));
    let down = Rc::new(Cell::new(0));
    let in_flight: Rc<RefCell<HashMap<String, u32>>> = Rc::default();
    let world = Rc::new(World {
        host,
        engine: TokenEngine::default(),
        servers: Servers::default(),
        client: client(),
        weather,
        delivered: RefCell::default(),
    });
    let (starts, ends, outage, mode) = (Rc::clone(&in_flight), in_flight, Rc::clone(&down), Rc::clone(&down));
    let chance = RefCell::new(FakeHost::new(0, |_| unreachable!()));
    chance.borrow().seed(seed ^ 1);
    world.host.delay(move |seen| {
        let mut starts = starts.borrow_mut();
        let running = starts.entry(seen.body.clone()).or_default();
        *running += 1;
        if !weather.deaths && !weather.outages && !weather.jumps && !weather.rotations {
            assert_eq!(*running, 1, "two requests for one token at once");
        }
        if outage.get() == 3 {
            reach("hangs");
            TIMEOUT
        } else {
            (chance.borrow().unit() * 400.0) as u32
        }
    });
    let (time, secret) = (Rc::clone(&clock), Rc::new(Cell::new(1)));
    let (accepted, given) = (Rc::clone(&secret), Rc::clone(&secret));
    world.host.give_secrets(move || Ok(Secret::new(format!("secret-{}", given.get()))));
    world.host.serve(move |seen| {
        ends.borrow_mut().entry(seen.body.clone()).and_modify(|running| *running -= 1);
        match mode.get() {
            1 => {
                reach("resets");
                return Err(FetchError::Broken("reset".to_owned()));
            }
            2 => {
                reach("answers of 503");
                return Ok(json_response(503, "{}"));
            }
            _ => {}
        }
        let audience = seen.body.split("audience=").nth(1).unwrap();
        let audience = audience.split('&').next().unwrap();
        if !seen.body.contains(&format!("client_secret=secret-{}&", accepted.get())) {
            reach("old secrets refused");
            return Ok(json_response(401, r#"{"error":"invalid_client"}"#));
        }
        let end = time.get() + weather.lifetime;
        let body = format!(r#"{{"access_token":"{audience}:{end}","expires_in":{}}}"#, weather.lifetime);
        Ok(json_response(200, &body))
    });

    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let callers = world.pick(5, weather.callers);
    let mut outcomes = Vec::new();
    for _ in 0..callers {
        // Bursts: many start in the same few milliseconds.
        let at = world.pick(0, weather.span / weather.step) * weather.step * 1000 + world.pick(0, 40);
        let audience = format!("api-{}", world.pick(0, 3));
        let (dead, done) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
        if weather.deaths && world.host.unit() < 0.3 {
            let (world, dead, done, after) =
                (Rc::clone(&world), Rc::clone(&dead), Rc::clone(&done), world.pick(1, 500));
            let death = async move {
                world.host.sleep(u32::try_from(at + after).unwrap()).await;
                dead.set(true);
                if !done.get() {
                    reach("deaths in a call");
                }
            };
            spawner.spawn_local(death).unwrap();
        }
        outcomes.push((Rc::clone(&dead), Rc::clone(&done)));
        let world = Rc::clone(&world);
        let call = async move {
            world.host.sleep(u32::try_from(at).unwrap()).await;
            world.call(audience).await;
            done.set(true);
        };
        spawner.spawn_local(Mortal { body: Box::pin(call), dead }).unwrap();
    }
    trouble(&world, &spawner, &down, &secret);
    loop {
        pool.run_until_stalled();
        if !world.host.fire_next_timer() {
            break;
        }
        clock.set(world.seconds());
    }
    assert!(outcomes.iter().all(|(dead, done)| dead.get() || done.get()), "a caller never got an answer");
}

/// Three troubles at any time: the clock jumps, the secret changes, the server fails for a while.
fn trouble(world: &Rc<World>, spawner: &LocalSpawner, down: &Rc<Cell<i64>>, secret: &Rc<Cell<u32>>) {
    let mut rotations: Vec<i64> = Vec::new();
    for _ in 0..3 {
        let (at, length, kind, jump) = (
            world.pick(0, world.weather.span * 800),
            world.pick(100, world.weather.outage * 1000),
            world.pick(1, 4),
            world.pick(-7200, 7200),
        );
        // A call asks for the secret twice, so it may be rotated once while a call goes on.
        let rotates = rotations.iter().all(|other| (at - other).abs() > 2 * i64::from(TIMEOUT));
        rotations.push(at);
        let (world, down, secret) = (Rc::clone(world), Rc::clone(down), Rc::clone(secret));
        let work = async move {
            world.host.sleep(u32::try_from(at).unwrap()).await;
            if world.weather.jumps {
                reach("clock jumps");
                world.host.jump_seconds(jump);
            }
            if world.weather.rotations && rotates {
                reach("rotations");
                secret.set(secret.get() + 1);
            }
            if world.weather.outages {
                down.set(kind);
                world.host.sleep(u32::try_from(length).unwrap()).await;
                down.set(0);
            }
        };
        spawner.spawn_local(work).unwrap();
    }
}

/// Tests that run schedules, among whom `GATEPASS_SCHEDULES` are shared out.
const TESTS: u64 = 9;
/// From so many schedules on, none of the troubles may have been missed.
const ENOUGH: u64 = 100;

fn run_all(weather: Weather) {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (seed, shared) = (setting("GATEPASS_SEED"), setting("GATEPASS_SCHEDULES"));
    let count = match (seed, shared) {
        (_, Some(shared)) => shared.div_ceil(TESTS),
        (Some(_), None) => 1,
        (None, None) if weather.span == DAY.span => 700,
        (None, None) => 400,
    };
    let first = seed.unwrap_or(0);
    run_each(first..first + count, |seed| run(seed, weather));
    let reached = REACHED.take();
    let told: Vec<String> = reached.iter().map(|(what, times)| format!("{times} {what}")).collect();
    println!("{count} schedules from seed {first}: {}", told.join(", "));
    let wanted = [
        (true, ["callers", "renewals", "cold calls"].as_slice()),
        (weather.deaths, &["deaths in a call"]),
        (weather.outages, &["resets", "answers of 503", "hangs", "failures"]),
        (weather.jumps, &["clock jumps"]),
        (weather.rotations, &["rotations"]),
    ];
    for what in wanted.into_iter().filter(|(wanted, _)| *wanted).flat_map(|(_, names)| names) {
        assert!(count < ENOUGH || reached.contains_key(what), "no schedule reached {what}");
    }
}

/// Runs schedules; the first that fails says how to run it again.
fn run_each(seeds: std::ops::Range<u64>, schedule: impl Fn(u64) + std::panic::RefUnwindSafe) {
    for seed in seeds {
        if let Err(panic) = std::panic::catch_unwind(|| schedule(seed)) {
            let why = panic.downcast::<String>().map_or_else(|_| "see above".to_owned(), |why| *why);
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("NAME");
            panic!("{why}; to replay: GATEPASS_SEED={seed} cargo test --test token_schedules {name}");
        }
    }
}

#[test]
#[should_panic(
    expected = "3 is too much; to replay: GATEPASS_SEED=3 cargo test --test token_schedules a_schedule_that_fails_says_how_to_replay_it"
)]
fn a_schedule_that_fails_says_how_to_replay_it() {
    run_each(0..9, |seed| assert!(seed < 3, "{seed} is too much"));
}

#[test]
fn in_calm_weather_there_is_one_request_at_a_time_and_no_failure() {
    run_all(MINUTES);
}

#[test]
fn callers_that_die_cost_nobody_else_their_token() {
    run_all(Weather { deaths: true, ..MINUTES });
}

#[test]
fn an_outage_costs_nobody_a_token_that_is_still_good() {
    run_all(Weather { outages: true, ..MINUTES });
}

#[test]
fn a_clock_that_jumps_stops_nobody() {
    run_all(Weather { jumps: true, ..MINUTES });
}

#[test]
fn a_secret_that_is_rotated_costs_nobody_anything() {
    run_all(Weather { rotations: true, ..MINUTES });
}

#[test]
fn everything_at_once_leaves_no_caller_without_an_answer() {
    run_all(Weather { deaths: true, outages: true, jumps: true, rotations: true, ..MINUTES });
}

#[test]
fn a_day_of_renewals_deaths_and_rotations_costs_nobody_anything() {
    run_all(Weather { deaths: true, rotations: true, ..DAY });
}

#[test]
fn a_day_of_outages_costs_nobody_a_token_that_is_still_good() {
    run_all(Weather { deaths: true, outages: true, rotations: true, ..DAY });
}

#[test]
fn a_day_of_everything_leaves_no_caller_without_an_answer() {
    run_all(Weather { deaths: true, outages: true, jumps: true, rotations: true, ..DAY });
}
