// The official Hume SDK holds a conversation with our simulated EVI; every message must pass the SDK's own serialisers,
// in both directions.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { HumeClient } from "hume";

import { clientProblems, received, serverProblems, serverTypes } from "./support/hume_types.mjs";
import { freePort, lab, start, until } from "./support/programs.mjs";
import { Microphone, transcript, words } from "./support/speech.mjs";

const audio = { encoding: "linear16", sampleRate: 8000, channels: 1 };

/** A socket of the SDK on our lab, with everything it received: as the SDK gives it, and as it was on the wire. */
async function connect(t, port, options = {}) {
  const client = new HumeClient({
    apiKey: "judge",
    environment: { base: `http://127.0.0.1:${port}`, evi: `ws://127.0.0.1:${port}/v0/evi`, tts: "ws://127.0.0.1:1", stream: "ws://127.0.0.1:1" },
  });
  const socket = client.empathicVoice.chat.connect({ reconnectAttempts: 0, ...options });
  const seen = { wire: [], messages: [], errors: [], closed: undefined };
  socket.socket.addEventListener("message", ({ data }) => seen.wire.push(JSON.parse(data)));
  socket.on("message", (message) => seen.messages.push(message));
  socket.on("error", (error) => seen.errors.push(error));
  socket.on("close", (event) => (seen.closed ??= event));
  t.after(() => socket.close());
  await socket.waitForOpen();
  seen.of = (type) => seen.messages.filter((message) => message.type === type);
  seen.wait = (type, count = 1) => until(`${count} × ${type}; seen: ${seen.messages.map((m) => m.type).join(" ")}`,
    () => seen.of(type).length >= count && seen.of(type)[count - 1]);
  return { socket, seen };
}

const begin = async (t, ...options) => {
  const port = await freePort();
  await start(t, lab, ["hume", "--listen", `127.0.0.1:${port}`, "--brain", "tests/judges/support/hume.yaml", ...options], { port });
  return port;
};
const speech = (t, socket) => new Microphone(t, (frame) => socket.readyState === 1 && socket.sendAudioInput({ data: frame.toString("base64") }));

test("the SDK's chat socket holds a whole conversation with the lab", async (t) => {
  const port = await begin(t, "--pace", "1");
  const { socket, seen } = await connect(t, port, {
    configId: "1b60e1a0-cc59-424a-8d2c-189d354db3f3", verboseTranscription: true,
    sessionSettings: { audio, customSessionId: "call-17", variables: { name: "Ann", age: 30, vip: true }, context: { text: "a customer", type: "persistent" } },
  });
  let microphone;

  await t.test("chat_metadata comes first and the settings of the address count", async () => {
    const metadata = await seen.wait("chat_metadata");
    assert.equal(seen.messages[0], metadata);
    assert.ok(metadata.chatId && metadata.chatGroupId);
    assert.equal(metadata.customSessionId, "call-17");
    microphone = speech(t, socket);
  });

  await t.test("the greeting is text, numbered WAV files, prosody and assistant_end", async () => {
    await seen.wait("assistant_end");
    const [greeting] = seen.of("assistant_message");
    assert.deepEqual(words(greeting.message.content), words("Hello, how can I help you?"));
    const pieces = seen.of("audio_output");
    pieces.forEach(({ id, index, data }, at) => {
      assert.equal(id, greeting.id);
      assert.equal(index, at);
      const wav = Buffer.from(data, "base64");
      assert.equal(wav.toString("latin1", 0, 4) + wav.toString("latin1", 8, 12), "RIFFWAVE");
      assert.equal(wav.readUInt32LE(24), 48000);
    });
    assert.ok(pieces.length > 3, `${pieces.length} pieces`);
    assert.equal(seen.of("assistant_prosody")[0].id, greeting.id);
  });

  await t.test("recorded speech is named by its transcript, scored and answered in sentences", async () => {
    microphone.say("pbx-invalid");
    const heard = await until("the final transcript", () => seen.of("user_message").find(({ interim }) => !interim));
    assert.deepEqual(words(heard.message.content), words(transcript("pbx-invalid")));
    assert.equal(heard.fromText, false);
    assert.equal(Object.keys(heard.models.prosody.scores).length, 48);
    assert.ok(seen.of("user_message").some(({ interim }) => interim), "interim transcripts came before");
    await seen.wait("assistant_message", 3);
  });

  await t.test("speech over the reply interrupts it", async () => {
    await until("the long sentence is being spoken", () => seen.of("audio_output").at(-1).id === seen.of("assistant_message")[2].id);
    microphone.say("vm-intro");
    const { time } = await seen.wait("user_interruption");
    assert.ok(Math.abs(time - Date.now()) < 60000, `${time}`);
    assert.equal(seen.of("assistant_end").length, 1);
    await until("the answer to the interruption", () => seen.of("assistant_message").length >= 4);
  });

  await t.test("text, assistant input, pause and resume are taken", async () => {
    const sentences = seen.of("assistant_message").length;
    socket.sendAssistantInput({ text: "One moment." });
    socket.pauseAssistant();
    socket.sendUserInput("search");
    const typed = await until("the typed turn", () => seen.of("user_message").find(({ fromText }) => fromText));
    assert.equal(typed.message.content, "search");
    assert.equal(seen.of("tool_call").length, 0);
    socket.resumeAssistant();
    await seen.wait("tool_response");
    assert.equal(seen.of("tool_call")[0].toolType, "builtin");
    await until("the answer", () => seen.of("assistant_message").slice(sentences).some(({ message }) => message.content === "found it"));
  });

  await t.test("every message passes the SDK's serialisers", () => {
    assert.deepEqual(serverProblems(seen.wire), []);
    assert.deepEqual(seen.errors, []);
    const kinds = new Set(seen.wire.map(({ type }) => type));
    for (const type of Object.keys(serverTypes).filter((name) => !["session_settings", "error", "tool_error"].includes(name))) {
      assert.ok(kinds.has(type), `${type} was seen`);
    }
  });
});

test("a tool is called, answered and failed through the SDK", async (t) => {
  const port = await begin(t, "--pace", "0", "--latency-scale", "0");
  const { socket, seen } = await connect(t, port);
  socket.sendSessionSettings({ audio, tools: [{ type: "function", name: "opening_hours", parameters: '{"type":"object"}', description: "When we are open" }] });
  socket.sendUserInput("vm-goodbye");
  const call = await seen.wait("tool_call");
  assert.equal(call.responseRequired, true);
  assert.deepEqual(JSON.parse(call.parameters), { day: "monday" });
  socket.sendToolResponseMessage({ toolCallId: call.toolCallId, content: "from nine to five" });
  await until("the answer names the result", () => seen.of("assistant_message").some(({ message }) => message.content.includes("from nine to five")));
  socket.sendUserInput("vm-goodbye");
  const second = await seen.wait("tool_call", 2);
  socket.sendToolErrorMessage({ toolCallId: second.toolCallId, error: "no connection", content: "always" });
  await until("the answer names what the model was told", () => seen.of("assistant_message").some(({ message }) => message.content.includes("always")));
  assert.deepEqual(serverProblems(seen.wire), []);
});

test("what is refused is an error of the SDK's type and a close", async (t) => {
  const port = await begin(t);
  const { socket, seen } = await connect(t, port);
  socket.sendAudioInput({ data: Buffer.alloc(320).toString("base64") }); // PCM that nobody declared
  const error = await seen.wait("error");
  assert.equal(error.code, "E0200");
  await until("the close", () => seen.closed);
  assert.equal(seen.closed.code, 1008);
  assert.deepEqual(serverProblems(seen.wire), []);
});

test("a session is resumed in its chat group", async (t) => {
  const port = await begin(t);
  const first = await connect(t, port);
  const { chatGroupId, chatId } = await first.seen.wait("chat_metadata");
  const second = await connect(t, port, { resumedChatGroupId: chatGroupId });
  const metadata = await second.seen.wait("chat_metadata");
  assert.equal(metadata.chatGroupId, chatGroupId);
  assert.notEqual(metadata.chatId, chatId);
});

test("what the lab keeps of a session's messages passes the serialisers of clients", async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trunkline-judge-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const port = await begin(t, "--latency-scale", "0", "--pace", "0", "--messages", folder);
  const { socket, seen } = await connect(t, port);
  socket.sendSessionSettings({
    audio, systemPrompt: "Be brief.", context: { text: "a customer", type: "persistent" }, variables: { name: "Ann", age: 30 },
    builtinTools: [{ name: "hang_up" }], tools: [{ type: "function", name: "opening_hours", parameters: "{}" }],
    languageModelApiKey: "s3cret",
  });
  socket.sendAudioInput({ data: Buffer.alloc(320).toString("base64") });
  socket.pauseAssistant();
  socket.resumeAssistant();
  socket.sendUserInput("vm-goodbye");
  const { toolCallId } = await seen.wait("tool_call");
  socket.sendToolResponseMessage({ toolCallId, content: "always" });
  socket.sendUserInput("vm-goodbye");
  socket.sendToolErrorMessage({ toolCallId: (await seen.wait("tool_call", 2)).toolCallId, error: "no connection", level: "warn" });
  socket.sendAssistantInput({ text: "please-try-again" });
  await until("the assistant said the line", () => seen.of("assistant_message").some(({ fromText }) => fromText));
  socket.sendUserInput("bye");
  await until("the agent hangs up", () => seen.closed);
  assert.equal(seen.closed.code, 1000);
  const file = path.join(folder, "hume-received-1.jsonl");
  const messages = await until("all messages are in the file", () => received(file).length >= 10 && received(file));
  assert.deepEqual(clientProblems(messages), []);
  assert.deepEqual([...new Set(messages.map(({ type }) => type))].sort(), [
    "assistant_input", "audio_input", "pause_assistant_message", "resume_assistant_message", "session_settings",
    "tool_error", "tool_response", "user_input"]);
  assert.ok(!fs.readFileSync(file, "utf8").includes("s3cret"));
  assert.deepEqual(serverProblems(seen.wire), []);
});

test("the checks by serialisers find what is wrong", () => {
  const message = { type: "chat_metadata", chat_id: "a", chat_group_id: "b" };
  assert.deepEqual(serverProblems([message]), []);
  assert.match(serverProblems([{ ...message, chat_id: 7 }]).join(), /chat_id.*string/i);
  assert.match(serverProblems([{ ...message, extra: true }]).join(), /extra/i);
  assert.match(serverProblems([{ type: "chat_metadata" }]).join(), /chat_id/);
  assert.match(serverProblems([{ type: "user_interruption", time: {} }]).join(), /time/);
  assert.match(serverProblems([{ type: "nothing" }]).join(), /nothing/);
  assert.match(clientProblems([{ type: "chat_metadata" }]).join(), /chat_metadata/);
  assert.match(clientProblems([{ type: "user_input" }]).join(), /text/);
  assert.match(clientProblems([{ type: "session_settings", audio: { encoding: "mulaw", sample_rate: 8000, channels: 1 } }]).join(), /encoding/);
});
