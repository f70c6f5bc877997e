// The official Vonage SDK judges our simulated carrier: its REST client works with our /v1/calls, its JWT library accepts
// what our lab signs, its builder writes the NCCO that our lab executes, and its types describe what our lab answers.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Auth } from "@vonage/auth";
import { tokenGenerate, verifySignature } from "@vonage/jwt";
import { Vonage } from "@vonage/server-sdk";
import { Connect, ConnectEventType, NCCOBuilder, Talk, WebsocketBitrate } from "@vonage/voice";
import { WebSocketServer } from "ws";

import { freePort, lab, start, until } from "./support/programs.mjs";
import { typeProblems } from "./support/types.mjs";

const secret = "0123456789abcdef0123456789abcdef";
const applicationId = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const bearer = (headers) => (headers.authorization ?? "").replace(/^Bearer /, "");

/** The NCCO of a server that wants the call's audio; `content-type` as the API has it, which the builder leaves alone. */
function connectTo(uri) {
  const endpoint = {
    type: "websocket", uri, "content-type": WebsocketBitrate.RATE_16000, headers: { leg: "7" }, authorization: { type: "vonage" },
  };
  return new NCCOBuilder().addAction(new Connect(endpoint, undefined, undefined, ConnectEventType.SYNCHRONOUS)).build();
}

/** A customer's server: what it saw, each with the verdict of the SDK on its signature. */
async function customer(t) {
  const seen = { requests: [], upgrades: [], texts: [], frames: [] };
  const sockets = new WebSocketServer({ noServer: true });
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const token = bearer(request.headers);
      const { pathname, searchParams } = new URL(request.url, "http://customer");
      seen.requests.push({
        method: request.method, pathname, fields: Object.fromEntries(searchParams), token, body,
        event: body.length ? JSON.parse(body) : undefined, genuine: verifySignature(token, secret),
      });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(pathname === "/answer" ? JSON.stringify(connectTo("wss://voice.example.com/media/k7?leg=7")) : "");
    });
  });
  server.on("upgrade", (request, socket, head) => {
    seen.upgrades.push({ url: request.url, genuine: verifySignature(bearer(request.headers), secret) });
    sockets.handleUpgrade(request, socket, head, (media) => {
      seen.media = media;
      media.on("message", (data, binary) => (binary ? seen.frames.push(data.length) : seen.texts.push(JSON.parse(data))));
      media.on("close", (code) => (seen.closed = code));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => (seen.media?.terminate(), server.closeAllConnections(), server.close()));
  seen.port = server.address().port;
  seen.url = (target) => `http://127.0.0.1:${seen.port}${target}`;
  seen.texts.of = (event) => seen.texts.filter((text) => text.event === event);
  return seen;
}

/** Our lab with REST, and the SDK's client for it. */
async function carrier(t, seen, ...more) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trunkline-judge-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(`${folder}/public.pem`, publicKey);
  const port = await freePort();
  const program = await start(t, lab, ["vonage", "--rest", `127.0.0.1:${port}`, "--public-key", `${folder}/public.pem`,
    "--application-id", applicationId, "--signature-secret", secret, "--dial", `127.0.0.1:${seen.port}`, ...more], { port });
  const base = `http://127.0.0.1:${port}`;
  const client = (key = privateKey) => new Vonage(new Auth({ applicationId, privateKey: key }), { apiHost: base }).voice;
  const raw = (target) => fetch(base + target, { headers: { authorization: `Bearer ${tokenGenerate(applicationId, privateKey)}` } });
  return { program, client, raw, voice: client() };
}

const order = (seen) => ({
  to: [{ type: "phone", number: "447700900001" }], from: { type: "phone", number: "447700900000" },
  answerUrl: [seen.url("/answer")], answerMethod: "GET", eventUrl: [seen.url("/events")],
});
const refused = (status) => (error) => (assert.equal(error.response?.status, status, String(error)), true);

test("the SDK's client makes, reads, steers and ends calls of our carrier", async (t) => {
  const seen = await customer(t);
  const { program, client, raw, voice } = await carrier(t, seen);
  const made = await voice.createOutboundCall(order(seen));

  await t.test("a created call has begun", () => {
    assert.match(made.uuid, /^[0-9a-f-]{36}$/);
    assert.match(made.conversationUUID, /^CON-/);
    assert.deepEqual([made.status, made.direction], ["started", "outbound"]);
  });

  await t.test("the answer URL is asked, genuinely signed, and the socket is dialed with a genuine token", async () => {
    await until(`the media socket\n${program.output}`, () => seen.media);
    const answer = seen.requests.find(({ pathname }) => pathname === "/answer");
    assert.ok(answer.genuine);
    assert.equal(answer.fields.uuid, made.uuid);
    assert.deepEqual(seen.upgrades, [{ url: "/media/k7?leg=7", genuine: true }]);
  });

  await t.test("every event is signed over the hash of its body, and by nobody else's secret", async () => {
    const events = () => seen.requests.filter(({ pathname }) => pathname === "/events");
    await until("the event answered", () => events().some(({ event }) => event.status === "answered"));
    for (const { token, body, genuine } of events()) {
      assert.ok(genuine);
      assert.ok(!verifySignature(token, `${secret}x`));
      const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      assert.equal(claims.payload_hash, crypto.createHash("sha256").update(body).digest("hex"));
      assert.deepEqual([claims.iss, claims.application_id], ["Vonage", applicationId]);
    }
  });

  await t.test("the call is read and listed as the SDK's types have it", async () => {
    const call = await voice.getCall(made.uuid);
    assert.equal(call.status, "answered");
    assert.equal(call.to.number, "447700900001");
    assert.equal(call.conversationUUID, made.conversationUUID);
    const listed = [];
    for await (const one of voice.getAllCalls({ status: "answered" })) listed.push(one.uuid);
    assert.deepEqual(listed, [made.uuid]);
    const one = await (await raw(`/v1/calls/${made.uuid}`)).json();
    const page = await (await raw("/v1/calls?page_size=1")).json();
    for (const each of [one, ...page._embedded.calls]) delete each.from; // told, but not in the SDK's types
    // Its statuses are enums, for which a literal is no value.
    const literal = (type) => `Omit<${type}, 'status' | 'direction'> & {status: 'answered', direction: 'outbound'}`;
    assert.deepEqual(typeProblems('import type { CallDetailResponse, CallPageResponse } from "@vonage/voice";', [
      { message: one, type: literal("CallDetailResponse") },
      { message: page, type: `Omit<CallPageResponse, '_embedded'> & {_embedded: {calls: (${literal("CallDetailResponse")})[]}}` },
    ]), []);
  });

  await t.test("audio frames of 20 ms, notify, clear, keys and mute on the socket", async () => {
    await until("caller audio", () => seen.frames.length >= 5);
    assert.ok(seen.frames.every((size) => size === 640));
    assert.deepEqual(seen.texts[0], { event: "websocket:connected", "content-type": "audio/l16;rate=16000", leg: "7" });
    for (let i = 0; i < 5; i++) seen.media.send(Buffer.alloc(640));
    seen.media.send(JSON.stringify({ action: "notify", payload: { id: "r1:1" } }));
    await until("the notify", () => seen.texts.of("websocket:notify").length === 1);
    assert.deepEqual(seen.texts.of("websocket:notify")[0].payload, { id: "r1:1" });
    seen.media.send(JSON.stringify({ action: "clear" }));
    await until("cleared", () => seen.texts.of("websocket:cleared").length === 1);
    await voice.playDTMF(made.uuid, "5");
    await until("the key", () => seen.texts.of("websocket:dtmf").length === 1);
    assert.equal(seen.texts.of("websocket:dtmf")[0].digit, "5");
    await voice.earmuffCall(made.uuid);
    await until("the update", () => seen.texts.of("websocket:media:update").length === 1);
    await voice.unearmuffCall(made.uuid);
  });

  await t.test("a hang-up ends the call with completed and without disconnected", async () => {
    await voice.hangupCall(made.uuid);
    const statuses = () => seen.requests.filter(({ pathname }) => pathname === "/events").map(({ event }) => event.status);
    await until("completed", () => statuses().includes("completed"));
    assert.deepEqual(statuses(), ["started", "ringing", "answered", "completed"]);
    assert.equal(seen.closed, 1000);
    await assert.rejects(voice.hangupCall(made.uuid), refused(404));
  });

  await t.test("unknown calls and foreign keys are refused", async () => {
    await assert.rejects(voice.getCall("00000000-0000-0000-0000-000000000000"), refused(404));
    const stranger = crypto.generateKeyPairSync("rsa", { modulusLength: 2048, privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" } });
    await assert.rejects(client(stranger.privateKey).getCall(made.uuid), refused(401));
  });
});

test("a transfer takes the SDK's NCCO", async (t) => {
  const seen = await customer(t);
  const { voice, program } = await carrier(t, seen);
  const { uuid } = await voice.createOutboundCall(order(seen));
  await until(`the media socket\n${program.output}`, () => seen.media);
  await voice.transferCallWithNCCO(uuid, new NCCOBuilder().addAction(new Talk("Goodbye")).build());
  await until("the end", async () => (await voice.getCall(uuid)).status === "completed" || program.code !== undefined, 20000);
});

test("the call that the SDK made plays a scenario, and the lab ends with its verdict", async (t) => {
  const seen = await customer(t);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trunkline-judge-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(`${folder}/keys.yaml`, 'steps:\n  - say: {speech: hello-world, wait: false}\n  - press: "12#"\n  - expect: {violations: 0}\n  - hang_up\n');
  const { voice, program } = await carrier(t, seen, "--scenario", `${folder}/keys.yaml`);
  await voice.createOutboundCall(order(seen));
  await until(`the lab's verdict\n${program.output}`, () => program.code !== undefined, 60000);
  assert.equal(program.code, 0, program.output);
  assert.deepEqual(seen.texts.of("websocket:dtmf").map(({ digit }) => digit), ["1", "2", "#"]);
});

test("more than three creates in a second are refused with 429", async (t) => {
  const seen = await customer(t);
  const { voice } = await carrier(t, seen, "--fault", "callee=busy");
  const answers = await Promise.allSettled(Array.from({ length: 40 }, () => voice.createOutboundCall(order(seen))));
  const denied = answers.filter(({ status }) => status === "rejected");
  assert.ok(denied.length > 0 && denied.length <= 37, `${denied.length} of 40`);
  for (const { reason } of denied) assert.equal(reason.response.status, 429);
});

test("the SDK refuses what our carrier signs wrongly on purpose", async (t) => {
  for (const [how, verdict] of [["wrong-secret", false], ["alg-none", false], ["unsigned", false], ["stale", true]]) {
    const seen = await customer(t);
    const { voice } = await carrier(t, seen, "--fault", "callee=busy", "--fault", `signing=${how}`);
    await voice.createOutboundCall(order(seen));
    await until("an event", () => seen.requests.length);
    assert.equal(seen.requests[0].genuine, verdict, how); // a stale token is genuine; its age is the server's to judge
  }
});
