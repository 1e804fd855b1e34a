// Each store imported, as a program that has no idea of the others does. Also what the bundlers are given.

import { Client } from "gatepass";
import * as cacheApi from "gatepass/stores/cache-api";
import * as denoKv from "gatepass/stores/deno-kv";
import * as durableObject from "gatepass/stores/durable-object";
import * as redis from "gatepass/stores/redis";
import * as workersKv from "gatepass/stores/workers-kv";
import { equal, ok } from "./assert.mjs";

const names = (module) => Object.keys(module).sort().join();
equal(names(cacheApi), "cacheApi", "exports of cache-api");
equal(names(denoKv), "denoKv", "exports of deno-kv");
equal(names(durableObject), "TokenBroker,durableObject", "exports of durable-object");
equal(names(redis), "redis,upstash", "exports of redis");
equal(names(workersKv), "workersKv", "exports of workers-kv");

// One library: a second one in the same program would have a memory of its own.
const broker = new durableObject.TokenBroker({ storage: {} }, {});
ok(broker.createClient({ domain: "tenant.login3.example", clientId: "id", clientSecret: "secret" }) instanceof Client, "the token broker's client is another library's");

equal(names(redis.upstash({ url: "https://redis.example", token: "token" })), "acquire,delete,get,set", "a store");
console.log("ok");
