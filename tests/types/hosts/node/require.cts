// CommonJS: require() of an ES module, as Node.js >= 20.19 has it.
import gatepass = require("gatepass");

const client: gatepass.Client = new gatepass.Client({ domain: "tenant.login3.example", clientId: "id", clientSecret: "secret" });

export = client;
