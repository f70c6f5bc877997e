// The official Deepgram SDK holds a conversation with our simulated Voice Agent; every message must pass the SDK's types.
import assert from "node:assert/strict";
import { test } from "node:test";

import { DeepgramClient } from "@deepgram/sdk";
import { WebSocketServer } from "ws";

import { database, engine, freePort, lab, start, until } from "./support/programs.mjs";
import { Microphone, transcript, words } from "./support/speech.mjs";
import { typeProblems } from "./support/types.mjs";

const question = "pbx-invalid"; // "I am sorry, that's not a valid extension. Please try again."
const interruption = "vm-goodbye";

const settings = {
  type: "Settings",
  audio: {
    input: { encoding: "linear16", sample_rate: 8000 },
    output: { encoding: "mulaw", sample_rate: 8000, container: "none" },
  },
  agent: {
    language: "en",
    listen: { provider: { type: "deepgram", model: "nova-3" } },
    think: {
      provider: { type: "open_ai", model: "gpt-4o-mini" },
      prompt: "You answer the phone.",
      functions: [{ name: "opening_hours", description: "When we are open", parameters: { type: "object", properties: {} } }],
    },
    speak: { provider: { type: "deepgram", model: "aura-2-thalia-en" } },
    greeting: "Hello, how can I help you?",
  },
};

/** A socket of the SDK on our lab, with everything it received. */
async function connect(t, port) {
  const client = new DeepgramClient({
    apiKey: "judge",
    environment: {
      base: `http://127.0.0.1:${port}`, production: `ws://127.0.0.1:${port}`,
      agent: `ws://127.0.0.1:${port}`, agentRest: `http://127.0.0.1:${port}`,
    },
  });
  const socket = await client.agent.v1.connect({ reconnectAttempts: 0 });
  const seen = { messages: [], audio: 0, closed: undefined };
  socket.on("message", (message) => {
    if (message instanceof Blob || message instanceof ArrayBuffer || ArrayBuffer.isView(message)) {
      seen.audio += message.size ?? message.byteLength;
    } else {
      assert.notEqual(typeof message, "string", `not JSON: ${message}`);
      seen.messages.push(message);
    }
  });
  socket.on("error", () => {}); // a refused session ends in on("close")
  socket.on("close", (event) => (seen.closed = event));
  socket.connect();
  await socket.waitForOpen();
  t.after(() => socket.close());
  seen.of = (type) => seen.messages.filter((message) => message.type === type);
  seen.wait = (type, count = 1) => until(`${count} × ${type}; seen: ${seen.messages.map((m) => m.type).join(" ")}`,
    () => seen.of(type).length >= count && seen.of(type)[count - 1]);
  return { socket, seen };
}

function assertTypes(messages) {
  const imports = 'import type { Deepgram } from "@deepgram/sdk";\n' +
    'import type { V1Socket } from "./node_modules/@deepgram/sdk/dist/esm/api/resources/agent/resources/v1/client/Socket.mjs";\n' +
    "type Message<T> = Extract<Exclude<V1Socket.Response, string>, { type: T }>;\n" +
    "export type Unused = Deepgram.agent.AgentV1Welcome;";
  assert.deepEqual(typeProblems(imports, messages.map((message) => ({ message, type: `Message<"${message.type}">` }))), []);
}

test("the SDK's agent client holds a whole conversation with the lab", async (t) => {
  const port = await freePort();
  await start(t, lab, ["deepgram", "--listen", `127.0.0.1:${port}`], { port });
  const { socket, seen } = await connect(t, port);

  await t.test("Welcome, Settings, SettingsApplied", async () => {
    await seen.wait("Welcome");
    socket.sendSettings(settings);
    await seen.wait("SettingsApplied");
  });

  const microphone = new Microphone(t, (frame) => socket.readyState === 1 && socket.sendMedia(frame));

  await t.test("the greeting is text, audio and AgentAudioDone", async () => {
    await seen.wait("AgentAudioDone");
    const greeting = seen.of("ConversationText")[0];
    assert.equal(greeting.role, "assistant");
    assert.deepEqual(words(greeting.content), words(settings.agent.greeting));
    assert.ok(seen.audio > 4000, `${seen.audio} bytes of μ-law`);
  });

  await t.test("recorded speech is noticed, named by its transcript and answered", async () => {
    const before = seen.audio;
    microphone.say(question);
    await seen.wait("UserStartedSpeaking");
    const heard = await until("the caller's transcript", () => seen.of("ConversationText").find(({ role }) => role === "user"));
    assert.deepEqual(words(heard.content), words(transcript(question)));
    await seen.wait("AgentAudioDone", 2);
    assert.ok(seen.audio > before, "the answer has audio");
  });

  await t.test("an interruption is noticed while the agent speaks", async () => {
    const before = seen.audio;
    let answers = -1; // refused as long as the agent is still heard
    await until("the injected line is being spoken", () => {
      if (seen.audio > before) return true;
      if (seen.of("InjectionRefused").length > answers) {
        answers = seen.of("InjectionRefused").length;
        socket.sendInjectAgentMessage({ type: "InjectAgentMessage", message: transcript("vm-intro") });
      }
      return false;
    });
    microphone.say(interruption);
    await seen.wait("UserStartedSpeaking", 2);
  });

  await t.test("prompt, voice and keep-alive are taken", async () => {
    socket.sendUpdatePrompt({ type: "UpdatePrompt", prompt: "You are brief." });
    await seen.wait("PromptUpdated");
    socket.sendUpdateSpeak({ type: "UpdateSpeak", speak: { provider: { type: "deepgram", model: "aura-2-apollo-en" } } });
    await seen.wait("SpeakUpdated");
    socket.sendKeepAlive({ type: "KeepAlive" });
  });

  await t.test("every message passes the SDK's types", () => {
    assert.ok(seen.messages.length > 8, `${seen.messages.length} messages`);
    assertTypes(seen.messages);
    assert.deepEqual(seen.of("Error"), []);
  });
});

test("the SDK's function call round trip works", async (t) => {
  const port = await freePort();
  await start(t, lab, ["deepgram", "--listen", `127.0.0.1:${port}`, "--brain", "tests/judges/support/functions.yaml"], { port });
  const { socket, seen } = await connect(t, port);
  await seen.wait("Welcome");
  socket.sendSettings(settings);
  await seen.wait("SettingsApplied");
  new Microphone(t, (frame) => socket.readyState === 1 && socket.sendMedia(frame)).say(question);

  const { functions } = await seen.wait("FunctionCallRequest");
  assert.deepEqual(functions.map(({ name, client_side }) => ({ name, client_side })), [{ name: "opening_hours", client_side: true }]);
  socket.sendFunctionCallResponse({ type: "FunctionCallResponse", id: functions[0].id, name: functions[0].name, content: "from nine to five" });
  await until("the answer names the result", () => seen.of("ConversationText").some(({ role, content }) =>
    role === "assistant" && content.includes("from nine to five")));
  assertTypes(seen.messages);
});

test("a refused Settings message is an Error of the SDK's type", async (t) => {
  const port = await freePort();
  await start(t, lab, ["deepgram", "--listen", `127.0.0.1:${port}`], { port });
  const { socket, seen } = await connect(t, port);
  await seen.wait("Welcome");
  socket.sendSettings({ ...settings, audio: { ...settings.audio, input: { encoding: "linear17", sample_rate: 8000 } } });
  const error = await seen.wait("Error");
  assert.ok(error.code && error.description, JSON.stringify(error));
  assertTypes(seen.messages);
});

// The other direction: what our deepgramagent says to a server must pass the types of what the SDK's client may say.
test("every message of our agent element passes the SDK's types", async (t) => {
  const clientTypes = {
    Settings: "AgentV1Settings", KeepAlive: "AgentV1KeepAlive", UpdatePrompt: "AgentV1UpdatePrompt",
    UpdateSpeak: "AgentV1UpdateSpeak", UpdateThink: "AgentV1UpdateThink", InjectAgentMessage: "AgentV1InjectAgentMessage",
    InjectUserMessage: "AgentV1InjectUserMessage", FunctionCallResponse: "AgentV1SendFunctionCallResponse",
  };
  const seen = { messages: [], audio: 0, header: undefined };
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  server.on("connection", (socket, request) => {
    seen.header = request.headers.authorization;
    socket.send(JSON.stringify({ type: "Welcome", request_id: "fc553ec9-5874-49ca-a47c-b670d525a4b3" }));
    socket.on("message", (data, binary) => {
      if (binary) return void (seen.audio += data.length);
      const message = JSON.parse(data);
      seen.messages.push(message);
      if (message.type === "Settings") {
        socket.send(JSON.stringify({ type: "SettingsApplied" }));
        socket.send(JSON.stringify({ type: "FunctionCallRequest", functions: [{ id: "f1", name: "nothing_we_know", arguments: "{}", client_side: true }] }));
      }
    });
  });
  await new Promise((resolve) => server.on("listening", resolve));

  const port = await freePort();
  const token = "0123456789abcdef0123456789abcdef";
  await start(t, engine, ["serve", "--graphs", "graphs", "--graph", "twilio-deepgram", "--port", String(port), "--env-file", "/dev/null"], {
    port,
    env: {
      TWILIO_AUTH_TOKEN: token, SERVER_URL: "https://voice.example.com", DEEPGRAM_API_KEY: "judge",
      DEEPGRAM_AGENT_URL: `ws://127.0.0.1:${server.address().port}/v1/agent/converse`,
      DATABASE_URL: database(t),
    },
  });
  await start(t, lab, ["twilio", "--webhook", `http://127.0.0.1:${port}/twilio/voice`, "--auth-token", token,
    "--public-url", "https://voice.example.com", "--dial", `127.0.0.1:${port}`]);

  await until("caller audio and the answer to a function call", () =>
    seen.audio > 8000 && seen.messages.some(({ type }) => type === "FunctionCallResponse"));
  assert.match(seen.header, /^token judge$/i);
  assert.equal(seen.messages[0].type, "Settings");
  const imports = 'import type { Deepgram } from "@deepgram/sdk";';
  assert.deepEqual(typeProblems(imports, seen.messages.map((message) => ({
    message, type: clientTypes[message.type] ? `Deepgram.agent.${clientTypes[message.type]}` : "never",
  }))), []);
});

test("the type check finds what is wrong", () => {
  assert.throws(() => assertTypes([{ type: "Welcome" }]), /request_id/);
  assert.throws(() => assertTypes([{ type: "Welcome", request_id: 7 }]), /number/);
  assert.throws(() => assertTypes([{ type: "Welcome", request_id: "a", extra: true }]), /extra/);
  assert.throws(() => assertTypes([{ type: "NoSuchMessage" }]), /never/);
});
