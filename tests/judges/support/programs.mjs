// Starts our programs for a judge, waits until they answer, and ends them whatever the test did.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const build = path.resolve(root, process.env.TRUNKLINE_BUILD_DIR ?? "build/release");
export const engine = path.join(build, "engine", "trunkline");
export const lab = path.join(build, "lab", "trunkline-lab");

/** A port nobody listens on at the moment. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
  });
}

/** DATABASE_URL of a database that ends with the test. */
export function database(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trunkline-judge-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return `sqlite:${folder}/calls.db`;
}

/** Waits until `condition()` is truthy and returns its value; says what was awaited when it never is. */
export async function until(what, condition, limitMs = 20000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs a program of ours until the test ends. `port`: wait until something listens there. */
export async function start(t, program, args, { port, env = {} } = {}) {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const running = { child, output: "", code: undefined };
  const keep = (chunk) => (running.output = (running.output + chunk).slice(-100000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  running.ended = new Promise((resolve) => {
    child.on("error", (error) => (keep(String(error)), resolve((running.code = -1))));
    child.on("exit", (code, signal) => resolve((running.code = code ?? signal)));
  });
  t.after(async () => {
    if (running.code !== undefined) return;
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 10000);
    await running.ended;
    clearTimeout(killer);
  });
  if (port) {
    await until(`${path.basename(program)} ${args.join(" ")} listens on ${port}`, async () => {
      if (running.code !== undefined) throw new Error(`${program} ended with ${running.code}:\n${running.output}`);
      return answers(port);
    });
  }
  return running;
}
