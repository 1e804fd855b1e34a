// CommonJS for a bundler: everything is required, so that everything ends up in one file.

const gatepass = require("gatepass");
const { use } = require("./use.mjs");

use(gatepass).then(() => console.log("ok"));
