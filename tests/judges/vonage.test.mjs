// The official Vonage SDK and the JWT library that it stands on judge our engine: webhooks are signed as Vonage signs them,
// and what the engine answers and asks must be what the SDK's types and builders know.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { test } from "node:test";

import { Auth } from "@vonage/auth";
import { tokenGenerate, verifySignature } from "@vonage/jwt";
import { Vonage } from "@vonage/server-sdk";
import { Connect, ConnectEventType, NCCOBuilder, Talk } from "@vonage/voice";
import { WebSocket } from "ws";

import { database, engine, freePort, root, start } from "./support/programs.mjs";
import { typeProblems } from "./support/types.mjs";

// What @vonage/jwt signs and verifies with.
const jsonwebtoken = createRequire(createRequire(import.meta.url).resolve("@vonage/jwt"))("jsonwebtoken");

const secret = "0123456789abcdef0123456789abcdef";
const apiKey = "a1b2c3d4";
const applicationId = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
const { privateKey } = crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");
const now = () => Math.floor(Date.now() / 1000);

/** A webhook's token; `change` may break its claims, `options` its making. */
function sign(body, change = {}, options = {}) {
  const claims = {
    iss: "Vonage", api_key: apiKey, application_id: applicationId, jti: crypto.randomUUID(), iat: now(),
    ...(body === undefined ? {} : { payload_hash: sha256(body) }), ...change,
  };
  for (const [name, value] of Object.entries(claims)) if (value === undefined) delete claims[name];
  return jsonwebtoken.sign(claims, options.secret ?? secret, { algorithm: options.algorithm ?? "HS256", noTimestamp: claims.iat === undefined });
}

let calls = 0;
const answerBody = () => JSON.stringify({
  from: "15550100", to: "15550199", uuid: `aaaaaaaa-bbbb-cccc-dddd-${String(++calls).padStart(12, "0")}`, conversation_uuid: "CON-1",
});

async function serve(t, env = {}) {
  const port = await freePort();
  const program = await start(t, engine, ["serve", "--graphs", "graphs", "--graph", "support", "--port", String(port), "--env-file", "/dev/null"], {
    port,
    env: {
      VONAGE_SIGNATURE_SECRET: secret, VONAGE_API_KEY: apiKey, VONAGE_APPLICATION_ID: applicationId, VONAGE_PRIVATE_KEY: privateKey,
      SERVER_URL: "https://voice.example.com", DEEPGRAM_API_KEY: "judge", DATABASE_URL: database(t), ...env,
    },
  });
  const headers = (token) => ({ "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) });
  return {
    port, program,
    post: (target, body, token) => fetch(`http://127.0.0.1:${port}${target}`, { method: "POST", body, headers: headers(token) }),
    get: (target, token) => fetch(`http://127.0.0.1:${port}${target}`, { headers: headers(token) }),
  };
}

test("the engine takes what Vonage's library signs, and refuses every change", async (t) => {
  const server = await serve(t);
  const event = JSON.stringify({ status: "ringing", uuid: applicationId, conversation_uuid: "CON-1", timestamp: "2020-01-01T00:00:00.000Z" });
  const judged = async (body, token) => (await server.post("/vonage/event", body, token)).status;

  await t.test("a signed event is taken, and the SDK verifies the same token", async () => {
    const token = sign(event);
    assert.ok(verifySignature(token, secret));
    const answer = await server.post("/vonage/event", event, token);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "");
  });

  await t.test("a signed answer webhook gets an NCCO, by POST and by GET", async () => {
    const body = answerBody();
    assert.equal((await server.post("/vonage/answer", body, sign(body))).status, 200);
    const { uuid } = JSON.parse(answerBody());
    for (const token of [sign(undefined), sign("")]) {
      const answer = await server.get(`/vonage/answer?from=15550100&to=15550199&uuid=${uuid}&conversation_uuid=CON-1`, token);
      assert.equal(answer.status, 200);
      assert.equal((await answer.json())[0].action, "connect");
    }
  });

  await t.test("no token at all is answered with 5xx, so that it comes again", async () => {
    assert.equal(await judged(event), 503);
  });

  await t.test("a carrier whose requests could not be told from anybody's has no routes", async () => {
    for (const path of ["/twilio/voice", "/twilio/status", "/twilio/fallback"]) assert.equal((await server.post(path, "CallSid=CA1")).status, 404);
  });

  const refusals = {
    "another body": [`${event} `, sign(event)],
    "another secret": [event, sign(event, {}, { secret: secret.replace("0", "1") })],
    "another algorithm of the same secret": [event, sign(event, {}, { algorithm: "HS512" })],
    "RS256 by the SDK itself": [event, tokenGenerate(applicationId, privateKey)],
    "no algorithm": [event, jsonwebtoken.sign({ iss: "Vonage", api_key: apiKey, iat: now(), jti: "1", payload_hash: sha256(event) }, "", { algorithm: "none" })],
    "another issuer": [event, sign(event, { iss: "Nexmo" })],
    "another account": [event, sign(event, { api_key: "another" })],
    "another application": [event, sign(event, { application_id: "another" })],
    "no account": [event, sign(event, { api_key: undefined })],
    "no id": [event, sign(event, { jti: undefined })],
    "no time": [event, sign(event, { iat: undefined })],
    "a stale time": [event, sign(event, { iat: now() - 400 })],
    "a time to come": [event, sign(event, { iat: now() + 400 })],
    "no hash": [event, sign(event, { payload_hash: undefined })],
  };
  for (const [what, [body, token]] of Object.entries(refusals)) {
    await t.test(`${what} is refused with 401`, async () => assert.equal(await judged(body, token), 401));
  }

  await t.test("whatever the SDK does not verify, the engine does not take", async () => {
    const token = sign(event);
    for (let at = 0; at < token.length; at += 7) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      assert.equal(verifySignature(changed, secret), false);
      assert.equal(await judged(event, changed), 401, `character ${at}`);
    }
    assert.equal(await judged(event, token), 200, "none of these has used it up");
    assert.equal(await judged(event, token), 200, "the same request may be repeated with it");
    assert.equal((await server.post("/vonage/answer", event, token)).status, 401, "and no other");
  });
});

test("the SDK's builder and types know the NCCO that the engine answers", async (t) => {
  const server = await serve(t, { VONAGE_MEDIA_RATE: "24000" });
  const body = answerBody();
  const ncco = await (await server.post("/vonage/answer?greeting=Gr%C3%BC%C3%9F%20Gott", body, sign(body))).json();
  const [{ action, eventType, endpoint: [endpoint], ...rest }] = ncco;

  await t.test("one connect, as the builder writes it", () => {
    const connect = new Connect(endpoint, undefined, undefined, ConnectEventType.SYNCHRONOUS);
    const [built] = new NCCOBuilder().addAction(connect).build();
    assert.equal(ncco.length, 1);
    assert.deepEqual({ action, eventType, endpoint: [endpoint] }, JSON.parse(JSON.stringify(built)));
  });

  await t.test("its parts have the SDK's types", () => {
    const { "content-type": contentType, ...known } = endpoint; // the SDK writes contentType, the wire has content-type
    assert.equal(contentType, "audio/l16;rate=24000");
    assert.deepEqual(typeProblems('import type { WebsocketEndpoint, ConnectAction } from "@vonage/voice";', [
      { message: { ...known, contentType }, type: "WebsocketEndpoint" },
      { message: rest, type: 'Omit<ConnectAction, "action" | "eventType" | "endpoint">' },
    ]), []);
    assert.equal(endpoint.headers.greeting, "Grüß Gott");
  });

  await t.test("the fallback is a talk, as the builder writes it", async () => {
    const failed = JSON.stringify({ status: "failed", uuid: "ffff", to: endpoint.uri, headers: endpoint.headers });
    const fallback = await (await server.post("/vonage/event", failed, sign(failed))).json();
    assert.deepEqual(fallback, new NCCOBuilder().addAction(new Talk(fallback[0].text)).build().map((one) => JSON.parse(JSON.stringify(one))));
  });
});

test("the media socket wants the token of the NCCO's authorization before the 101", async (t) => {
  const server = await serve(t);
  const body = answerBody();
  const [{ endpoint: [{ uri, authorization }] }] = await (await server.post("/vonage/answer", body, sign(body))).json();
  assert.deepEqual(authorization, { type: "vonage" });
  const { pathname } = new URL(uri);
  const dial = (token) => new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${pathname}`, ["WSBRIDGE"],
      token ? { headers: { authorization: `Bearer ${token}` } } : {});
    socket.on("unexpected-response", (_, response) => (response.resume(), resolve(response.statusCode)));
    socket.on("upgrade", (response) => resolve(response.statusCode));
    socket.on("error", () => {}); // ws insists on a subprotocol that it has offered
    t.after(() => socket.terminate());
  });
  assert.equal(await dial(), 401);
  assert.equal(await dial(sign(undefined, {}, { secret: "another" })), 401);
  assert.equal(await dial(sign(undefined)), 101);
  assert.equal(await dial(sign(undefined)), 403, "the ticket is used once");
});

/** What the SDK's own client sends, as a server sees it. */
async function asked(t, ask) {
  const seen = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      seen.push({ method: request.method, path: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(chunks)) });
      const created = request.method === "POST";
      response.writeHead(created ? 201 : 204, { "content-type": "application/json" });
      response.end(created ? JSON.stringify({ uuid: applicationId, status: "started", direction: "outbound", conversation_uuid: "CON-1" }) : undefined);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const apiHost = `http://127.0.0.1:${server.address().port}`;
  const auth = new Auth({ applicationId, privateKey });
  await ask(new Vonage(auth, { voiceHost: apiHost, apiHost, restHost: apiHost }).voice);
  assert.equal(seen.length, 1);
  return seen[0];
}

const camel = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.replace(/_(.)/g, (_, c) => c.toUpperCase()), value]));

test("the SDK asks for a call as our REST client does", async (t) => {
  for (const { what, body } of JSON.parse(fs.readFileSync(`${root}/tests/unit/carriers/vonage_rest_bodies.json`, "utf8"))) {
    await t.test(what, async () => {
      const request = await asked(t, (voice) => voice.createOutboundCall(camel(body)));
      assert.equal(`${request.method} ${request.path}`, "POST /v1/calls");
      assert.deepEqual(request.body, body);
    });
  }
  await t.test("a hang-up", async () => {
    const request = await asked(t, (voice) => voice.hangupCall(applicationId));
    assert.equal(`${request.method} ${request.path}`, `PUT /v1/calls/${applicationId}`);
    assert.deepEqual(request.body, { action: "hangup" });
  });
});
