// The official Twilio SDK judges both directions: it signs what our engine verifies and verifies what our lab signs, and its
// builder must be able to write the TwiML that the engine answers.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";

import twilio from "twilio";
import { WebSocketServer } from "ws";

import { database, engine, freePort, lab, start, until } from "./support/programs.mjs";
import { parse, rebuild } from "./support/twiml.mjs";

const token = "0123456789abcdef0123456789abcdef";
const publicUrl = "https://voice.example.com";
const call = {
  CallSid: "CA00000000000000000000000000000001", AccountSid: "AC00000000000000000000000000000002",
  From: "+15550100123", To: "+15550199456", CallStatus: "ringing", Direction: "inbound", ApiVersion: "2010-04-01",
  CallerName: "Zoë & Söhne", SpeechResult: "1 + 1 = 2; 100 %", // what needs encoding
};
const encode = (fields) => new URLSearchParams(fields).toString();

async function serve(t) {
  const port = await freePort();
  await start(t, engine, ["serve", "--graphs", "graphs", "--graph", "twilio-deepgram", "--port", String(port), "--env-file", "/dev/null"], {
    port,
    env: {
      TWILIO_AUTH_TOKEN: token, SERVER_URL: publicUrl, DEEPGRAM_API_KEY: "judge", DATABASE_URL: database(t),
    },
  });
  return {
    post: (target, body, headers) => fetch(`http://127.0.0.1:${port}${target}`, {
      method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    }),
    get: (target, headers) => fetch(`http://127.0.0.1:${port}${target}`, { headers }),
    port,
  };
}

const sign = (target, fields) => twilio.getExpectedTwilioSignature(token, publicUrl + target, fields);

test("the engine and the SDK agree on signatures of webhooks", async (t) => {
  const server = await serve(t);
  const voice = "/twilio/voice";

  await t.test("a request that the SDK signed is answered with TwiML", async () => {
    const answer = await server.post(voice, encode(call), { "x-twilio-signature": sign(voice, call) });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.match(answer.headers.get("content-type"), /^(text|application)\/xml/);
    assert.equal(parse(await answer.text()).name, "Response");
  });

  await t.test("a signature over the address with its port is taken as well", async () => {
    const signature = twilio.getExpectedTwilioSignature(token, `${publicUrl}:443${voice}`, call);
    assert.equal((await server.post(voice, encode(call), { "x-twilio-signature": signature })).status, 200);
  });

  await t.test("a query is part of what is signed", async () => {
    const target = `${voice}?campaign=a%20b`;
    assert.equal((await server.post(target, encode(call), { "x-twilio-signature": sign(target, call) })).status, 200);
    assert.equal((await server.post(target, encode(call), { "x-twilio-signature": sign(voice, call) })).status, 403);
  });

  const refusals = {
    "a changed field": [{ ...call, From: "+15550100124" }, sign(voice, call)],
    "an added field": [{ ...call, Extra: "1" }, sign(voice, call)],
    "another token": [call, twilio.getExpectedTwilioSignature(token.replace("0", "1"), publicUrl + voice, call)],
    "another address": [call, sign("/twilio/status", call)],
    "an empty signature": [call, ""],
  };
  for (const [what, [fields, signature]] of Object.entries(refusals)) {
    await t.test(`${what} is refused with 403`, async () => {
      assert.equal((await server.post(voice, encode(fields), { "x-twilio-signature": signature })).status, 403);
    });
  }

  await t.test("no signature at all is refused with 403", async () => {
    assert.equal((await server.post(voice, encode(call))).status, 403);
  });

  await t.test("a status callback that the SDK signed is taken", async () => {
    const fields = { ...call, CallStatus: "completed", CallDuration: "12", SequenceNumber: "3" };
    const answer = await server.post("/twilio/status", encode(fields), { "x-twilio-signature": sign("/twilio/status", fields) });
    assert.ok(answer.status === 200 || answer.status === 204, String(answer.status));
  });
});

test("the SDK's builder writes the TwiML that the engine answers", async (t) => {
  const server = await serve(t);
  const target = "/twilio/voice";
  const answer = await server.post(target, encode(call), { "x-twilio-signature": sign(target, call) });
  const ours = parse(await answer.text());
  assert.deepEqual(parse(rebuild(ours)), ours);

  const stream = ours.children.find(({ name }) => name === "Connect").children[0];
  assert.equal(stream.name, "Stream");
  const url = new URL(stream.attributes.url);
  assert.equal(url.origin.replace(/^null$/, `${url.protocol}//${url.host}`), "wss://voice.example.com");
  assert.equal(url.search, "", "Twilio drops a query of the stream's address");
});

// A customer's server as Twilio's documentation has it: the SDK checks the signatures and builds the TwiML, and the media
// socket is an ordinary ws server. Our lab is the carrier.
async function customer(t) {
  const seen = { webhooks: [], upgrades: [], messages: [], closed: undefined };
  const sockets = new WebSocketServer({ noServer: true });
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const fields = Object.fromEntries(new URLSearchParams(body));
      const genuine = twilio.validateRequest(token, request.headers["x-twilio-signature"] ?? "", publicUrl + request.url, fields);
      seen.webhooks.push({ url: request.url, fields, genuine });
      if (!genuine) return response.writeHead(403).end();
      const twiml = new twilio.twiml.VoiceResponse();
      twiml.connect().stream({ url: "wss://voice.example.com/media/one" }).parameter({ name: "ticket", value: "k 7 & ü" });
      response.writeHead(200, { "content-type": "text/xml" }).end(request.url.startsWith("/voice") ? twiml.toString() : "");
    });
  });
  server.on("upgrade", (request, socket, head) => {
    const signature = request.headers["x-twilio-signature"] ?? "";
    seen.upgrades.push({ url: request.url, genuine: twilio.validateRequest(token, signature, `wss://voice.example.com${request.url}`, {}) });
    sockets.handleUpgrade(request, socket, head, (media) => {
      seen.media = media;
      media.on("message", (data, binary) => {
        assert.equal(binary, false, "Twilio sends text frames only");
        seen.messages.push(JSON.parse(data));
      });
      media.on("close", (code) => (seen.closed = code));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => (seen.media?.terminate(), server.closeAllConnections(), server.close()));
  seen.port = server.address().port;
  seen.of = (event) => seen.messages.filter((message) => message.event === event);
  return seen;
}

async function dial(t, seen) {
  return start(t, lab, ["twilio", "--webhook", `http://127.0.0.1:${seen.port}/voice?a=b%20c`, "--auth-token", token,
    "--public-url", publicUrl, "--dial", `127.0.0.1:${seen.port}`]);
}

test("the SDK takes what our carrier signs and sends", async (t) => {
  const seen = await customer(t);
  const carrier = await dial(t, seen);

  await t.test("the signature of the webhook is genuine", async () => {
    await until(`a webhook\n${carrier.output}`, () => seen.webhooks.length);
    assert.ok(seen.webhooks[0].genuine);
    assert.match(seen.webhooks[0].fields.CallSid, /^CA[0-9a-f]{32}$/);
  });

  await t.test("the signature of the media socket is genuine", async () => {
    await until("an upgrade", () => seen.upgrades.length);
    assert.deepEqual(seen.upgrades[0], { url: "/media/one", genuine: true });
  });

  await t.test("connected, start with the custom parameter, media", async () => {
    await until("caller audio", () => seen.of("media").length >= 10);
    assert.equal(seen.messages[0].event, "connected");
    const { start: begun } = seen.messages[1];
    assert.deepEqual(begun.customParameters, { ticket: "k 7 & ü" });
    assert.deepEqual(begun.mediaFormat, { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 });
    assert.equal(begun.callSid, seen.webhooks[0].fields.CallSid);
  });

  await t.test("a mark comes back when its audio has been played, at once when it was cleared", async () => {
    const { streamSid } = seen.messages[1];
    const send = (message) => seen.media.send(JSON.stringify({ streamSid, ...message }));
    const payload = Buffer.alloc(8000, 0xff).toString("base64"); // one second
    send({ event: "media", media: { payload } });
    send({ event: "mark", mark: { name: "played" } });
    const begun = Date.now();
    await until("the mark", () => seen.of("mark").length === 1);
    assert.ok(Date.now() - begun > 700, `${Date.now() - begun} ms for one second of audio`);
    for (let i = 0; i < 20; i++) send({ event: "media", media: { payload } });
    send({ event: "mark", mark: { name: "cleared" } });
    send({ event: "clear" });
    await until("the mark of the cleared audio", () => seen.of("mark").length === 2, 5000);
    assert.deepEqual(seen.of("mark").map(({ mark }) => mark.name), ["played", "cleared"]);
  });

  await t.test("closing the socket ends the call", async () => {
    seen.media.close(1000);
    await until(`the carrier's end\n${carrier.output}`, () => carrier.code !== undefined);
  });
});

test("rebuilding finds TwiML that the SDK does not know", () => {
  assert.throws(() => rebuild(parse("<Response><Shout>hi</Shout></Response>")), /<Shout>/);
  assert.throws(() => rebuild(parse("<Answer/>")), /<Response>/);
  assert.throws(() => parse("<Response><Say>hi</Response>"));
  const wrong = parse('<Response><Connect><Stream url="wss://a"/></Connect></Response>');
  wrong.children[0].children[0].attributes.url = "wss://b";
  assert.notDeepEqual(parse(rebuild(wrong)), parse('<Response><Connect><Stream url="wss://a"/></Connect></Response>'));
});
