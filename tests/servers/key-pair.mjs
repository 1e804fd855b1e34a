import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/**
 * A pair of Node.js key objects. Never `generateKeyPairSync`: its job lives until it is collected, and takes the key's lock
 * then, so a collection that starts while the key is exported waits for itself for ever.
 * @type {(type: string, options?: object) => Promise<{ publicKey: import("node:crypto").KeyObject, privateKey: import("node:crypto").KeyObject }>}
 */
export const makeKeyPair = promisify(generateKeyPair);
