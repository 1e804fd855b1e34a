import { timeEverywhere } from "../measuring/hosts.mjs";

export default {
  name: "get-token",
  title: "A token from memory",
  packages: ["@badgateway/oauth2-client", "@azure/msal-node", "google-auth-library"],
  about: "`await getToken()` of a client that has its token in memory. openid-client and oauth4webapi are missing because they keep no token: each of their calls is a request. \"by hand\" is an async function that compares a time and returns a token.",
  measure: async (bench) => ({ blocks: await timeEverywhere(bench, "get-token", {}) }),
};
