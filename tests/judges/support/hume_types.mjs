// Messages of Hume EVI held against the serialisers of the official SDK, which parse strictly when told to.
import fs from "node:fs";

import { serialization } from "hume";

const { empathicVoice } = serialization;
const strict = { skipValidation: false, unrecognizedObjectKeys: "fail", allowUnrecognizedUnionMembers: false, allowUnrecognizedEnumValues: false };

export const serverTypes = {
  chat_metadata: "ChatMetadata", user_message: "UserMessage", assistant_message: "AssistantMessage",
  assistant_prosody: "AssistantProsody", audio_output: "AudioOutput", assistant_end: "AssistantEnd",
  user_interruption: "UserInterruption", tool_call: "ToolCallMessage", tool_response: "ToolResponseMessage",
  tool_error: "ToolErrorMessage", session_settings: "SessionSettings", error: "WebSocketError",
};
export const clientTypes = {
  session_settings: "SessionSettings", audio_input: "AudioInput", user_input: "UserInput", assistant_input: "AssistantInput",
  pause_assistant_message: "PauseAssistantMessage", resume_assistant_message: "ResumeAssistantMessage",
  tool_response: "ToolResponseMessage", tool_error: "ToolErrorMessage",
};

function problems(messages, types) {
  return messages.flatMap((message) => {
    const type = empathicVoice[types[message.type]];
    if (!type) return [`no type of the SDK is called ${message.type}`];
    const parsed = type.parse(message, strict);
    return parsed.ok ? [] : parsed.errors.map(({ path, message: text }) => `${message.type}.${path.join(".")}: ${text}`);
  });
}

/** What the serialisers say against messages of the server, as they were on the wire. */
export const serverProblems = (messages) => problems(messages, serverTypes);
/** The same for messages of a client. */
export const clientProblems = (messages) => problems(messages, clientTypes);

/** The text messages in a file that `trunkline-lab hume --messages` wrote. */
export function received(file) {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line)).filter(({ text }) => text !== undefined).map(({ text }) => JSON.parse(text));
}
