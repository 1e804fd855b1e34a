import { readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rowsOf } from "../measuring/statistics.mjs";

// The one that the tests bundle with.
const { build } = createRequire(new URL("../../tests/package.json", import.meta.url))("esbuild");

/** What a worker imports that does the work; gatepass's one module does both. */
const ENTRIES = {
  "gets tokens": {
    gatepass: 'export { Client } from "gatepass";',
    oauth4webapi: 'export { ClientSecretPost, clientCredentialsGrantRequest, processClientCredentialsResponse } from "oauth4webapi";',
    "openid-client": 'export { Configuration, clientCredentialsGrant, fetchProtectedResource } from "openid-client";',
    "@badgateway/oauth2-client": 'export { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";',
    "@azure/msal-node": 'export { ConfidentialClientApplication } from "@azure/msal-node";',
    "google-auth-library": 'export { OAuth2Client } from "google-auth-library";',
  },
  "verifies tokens": {
    gatepass: 'export { Verifier } from "gatepass";',
    jose: 'export { createRemoteJWKSet, jwtVerify } from "jose";',
    "fast-jwt": 'export { createVerifier } from "fast-jwt";',
    "aws-jwt-verify": 'export { JwtVerifier } from "aws-jwt-verify";',
    jsonwebtoken: 'import jsonwebtoken from "jsonwebtoken"; export const { verify } = jsonwebtoken;',
  },
  "does both": {
    gatepass: 'export { Client, Verifier } from "gatepass";',
    "oauth4webapi + jose": 'export { ClientSecretPost, clientCredentialsGrantRequest, processClientCredentialsResponse } from "oauth4webapi"; export { createRemoteJWKSet, jwtVerify } from "jose";',
    "openid-client + jose": 'export { Configuration, clientCredentialsGrant, fetchProtectedResource } from "openid-client"; export { createRemoteJWKSet, jwtVerify } from "jose";',
  },
};

export default {
  name: "size",
  title: "What a Worker uploads",
  packages: ["oauth4webapi", "openid-client", "@badgateway/oauth2-client", "@azure/msal-node", "google-auth-library", "jose", "fast-jwt", "aws-jwt-verify", "jsonwebtoken"],
  about: "kB of code, bundled and minified by esbuild with the `workerd` condition, and of wasm, each compressed by gzip at level 9. Node.js's own modules are left out; @azure/msal-node, google-auth-library, fast-jwt and jsonwebtoken need them. gatepass is one module for both: a part of it does not weigh less.",
  measure,
};

async function measure({ project }) {
  const blocks = [];
  for (const [name, entries] of Object.entries(ENTRIES)) {
    const sizes = {};
    for (const [library, contents] of Object.entries(entries)) sizes[library] = [await sizeOf(project, contents)];
    blocks.push({ name, unit: "kB gzip", columns: [{ name: "esbuild, workerd", rows: rowsOf(sizes) }] });
  }
  return { blocks };
}

async function sizeOf(project, contents) {
  const wasm = [];
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project }, bundle: true, minify: true, format: "esm", target: "es2022", write: false, logLevel: "error",
    conditions: ["workerd", "worker", "import"], external: ["node:*", ...builtinModules],
    plugins: [{
      name: "wasm-is-weighed",
      setup({ onResolve }) {
        onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
          wasm.push(readFileSync(join(resolveDir, path)));
          return { path, external: true };
        });
      },
    }],
  });
  return [outputFiles[0].contents, ...wasm].reduce((sum, part) => sum + gzipSync(part, { level: 9 }).length, 0) / 1000;
}
