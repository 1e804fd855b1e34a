// A store behind HTTP, one operation a request: so that a test reaches a store where it lives, and so that on workerd each
// call is a request of its own, as it is for the many isolates that share a store.

/**
 * @param {Request} request
 * @param {Record<string, (prefix: string) => object>} stores by name; each gives the store with that prefix
 */
export async function answer(request, stores) {
  const { name, prefix, operation, args } = await request.json();
  try {
    const store = stores[name](prefix);
    if (operation === "operations") return Response.json({ result: Object.keys(store) });
    const [key, value, options] = args;
    const result = await (operation === "set"
      ? store.set(key, value, { ...options, expiresAt: new Date(options.expiresAt), renewAt: new Date(options.renewAt) })
      : store[operation](...args));
    return Response.json({ result: result ?? null });
  } catch (error) {
    return Response.json({ error: { name: error.name, message: error.message } });
  }
}
