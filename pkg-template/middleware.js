// What the guards for frameworks have in common. They know an error of gatepass by its method toResponse, so that
// they need not know which of its entries the application has loaded.

const OPTIONS = ["onRefused", "url", "certificate"];

export function authorizer(verifier, requirements, options = {}) {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw new TypeError(`gatepass: options.${name} is not a known option`);
    if (options[name] !== undefined && typeof options[name] !== "function") throw new TypeError(`gatepass: options.${name} must be a function`);
  }
  if (typeof verifier !== "function" && typeof verifier?.authorize !== "function") {
    throw new TypeError("gatepass: verifier must be a Verifier, or a function that gives one");
  }
  const { onRefused, url, certificate } = options;
  const authorize = async (request, context) => {
    const chosen = typeof verifier === "function" ? await verifier(context) : verifier;
    const asked = { ...request };
    if (url !== undefined) asked.url = await url(context);
    if (certificate !== undefined) asked.certificate = await certificate(context);
    return chosen.authorize(asked, requirements);
  };
  return { authorize, onRefused };
}
