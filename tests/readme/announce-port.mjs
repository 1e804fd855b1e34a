// Loaded before a server of the README: prints the port that a server listens on, which the system has picked.

import { Server } from "node:net";

const { listen } = Server.prototype;

Server.prototype.listen = function (...args) {
  this.once("listening", () => console.log(`listening on ${this.address().port}`));
  return listen.apply(this, args);
};
