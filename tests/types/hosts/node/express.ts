// The guard for Express, with its own types.
import express from "express";
import { Verifier } from "gatepass";
import { protect, resourceMetadata } from "gatepass/express";

declare const verifier: Verifier;
const app = express();
app.use("/orders", protect(verifier, { scopes: "read:orders" }));
app.get(
  "/",
  protect(verifier, {}, {
    certificate: (req) => String(req.headers.cert),
    url: async (req) => `https://api.example${req.originalUrl}`,
    onRefused: (error, req, res, next) => next(error),
  }),
  (req, res) => {
    const subject: string | undefined = req.auth?.claims.sub ?? req.auth?.payload.sub;
    res.json({ subject });
  },
);
app.get("/.well-known/oauth-protected-resource", resourceMetadata(verifier));
