// Verifying an access token: every one new, and one again and again.

import { gatepassAgain, gatepassAnew, joseVerify, makeKey, makeTokens, optionsOf, webCryptoVerify } from "./tokens.mjs";

/** @param {object} [node] what needs Node.js's own modules; with `onlyNode` nothing else */
export async function blocksOf({ algorithms, tokens: count, onlyNode = false }, node) {
  const peers = node?.verifiers;
  const own = !onlyNode;
  const blocks = {};
  for (const algorithm of algorithms) {
    const key = await makeKey(algorithm);
    const tokens = await makeTokens(key, count);
    const again = [tokens[0]];
    blocks[algorithm] = {
      ...(own && { gatepass: gatepassAnew(optionsOf(key), tokens), jose: joseVerify(algorithm, key.secret ?? key.verifying, tokens) }),
      ...(peers && {
        "fast-jwt": peers.fastJwtVerify(key, tokens),
        ...(!key.secret && { "aws-jwt-verify": peers.awsVerify(key, tokens) }),
        ...(algorithm !== "EdDSA" && { jsonwebtoken: peers.jsonwebtokenVerify(key, tokens) }),
        "by hand": peers.byHandVerify(key, tokens),
        "node:crypto alone": peers.nodeCryptoVerify(key, tokens),
      }),
      ...(own && { "WebCrypto alone": webCryptoVerify(key, tokens) }),
    };
    blocks[`${algorithm}, repeated`] = {
      ...(own && { gatepass: await gatepassAgain(optionsOf(key), tokens[0]), jose: joseVerify(algorithm, key.secret ?? key.verifying, again) }),
      ...(peers && { "fast-jwt, cache": peers.fastJwtVerify(key, again, 1000) }),
    };
  }
  return blocks;
}
