// The near side of hosts/front.mjs: a store that lives elsewhere, with its errors.

/** @returns {(prefix?: string) => Promise<object>} gives the store of that name at `origin` with a prefix */
export function remote(origin, name) {
  return async (prefix) => {
    const call = async (operation, ...args) => {
      const response = await fetch(origin, { method: "POST", body: JSON.stringify({ name, prefix, operation, args }) });
      if (response.status !== 200) throw new Error(`the host answered ${response.status}: ${await response.text()}`);
      const { result, error } = await response.json();
      if (error) throw Object.assign(new Error(error.message), { name: error.name });
      return result;
    };
    const operations = await call("operations");
    return Object.fromEntries(operations.map((operation) => [operation, (...args) => call(operation, ...args)]));
  };
}
