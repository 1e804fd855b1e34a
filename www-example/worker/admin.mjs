// The switches of `make www`: of its authorization server, and the one that restarts this worker. A deployed worker has no
// ADMIN_URL, and so no switches.

/** Whether there are switches. */
export const hasAdmin = (env) => Boolean(env.ADMIN_URL);

/**
 * @param {"status" | "revoke" | "rotate" | "down" | "restart"} action
 * @returns {Promise<{ down: boolean, kid: string, tokenRequests: number, rotateAfter: number }>} how the server is after it
 */
export async function administer(env, action, details = {}) {
  const response = await fetch(`${env.ADMIN_URL}/${action}`, {
    method: "POST",
    headers: { authorization: `Bearer ${env.ADMIN_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(details),
  });
  if (!response.ok) throw new Error(`the authorization server's switch "${action}" answered ${response.status}`);
  return response.json();
}
