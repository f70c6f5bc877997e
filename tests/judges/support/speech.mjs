// Recorded telephone speech with its transcripts, from the Debian packages that `./dev setup` installs.
import fs from "node:fs";
import zlib from "node:zlib";

const sounds = "/usr/share/asterisk/sounds/en_US_f_Allison";
const transcripts = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz";

/** What is said in a recording, as a person wrote it down. */
export function transcript(name) {
  const lines = zlib.gunzipSync(fs.readFileSync(transcripts)).toString("latin1").split("\n");
  const line = lines.find((text) => text.startsWith(`${name}: `));
  return line.slice(name.length + 2).trim();
}

/** 16-bit little-endian samples at 8 kHz, without the WAV header. */
export function recording(name) {
  const wav = fs.readFileSync(`${sounds}/${name}.wav`);
  for (let at = 12; at + 8 <= wav.length; at += 8 + wav.readUInt32LE(at + 4) + (wav.readUInt32LE(at + 4) & 1)) {
    if (wav.toString("latin1", at, at + 4) === "data") return wav.subarray(at + 8, at + 8 + wav.readUInt32LE(at + 4));
  }
  throw new Error(`${name}.wav has no data chunk`);
}

/** Words alone, for comparing transcripts. */
export const words = (text) => text.toLowerCase().replace(/\(.*?\)/g, " ").match(/[a-z']+/g) ?? [];

/** Sends audio in real time, 20 ms at a time; silence when there is nothing to say. Ends with the test. */
export class Microphone {
  constructor(t, send) {
    this.queue = Buffer.alloc(0);
    const begun = Date.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (; sent * 20 <= Date.now() - begun; sent++) {
        const frame = Buffer.alloc(320);
        this.queue.copy(frame, 0, 0, 320);
        this.queue = this.queue.subarray(320);
        send(frame);
      }
    }, 20);
    this.stop = () => clearInterval(timer);
    t.after(this.stop);
  }

  say(name) {
    this.queue = Buffer.concat([this.queue, recording(name)]);
  }
}
