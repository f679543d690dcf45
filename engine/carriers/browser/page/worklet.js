// Both ways of a call's sound: the microphone to mu-law at 8 kHz, and mu-law with marks to the speaker.
// The clock of both is the sound card's. Browsers differ in the rates they give, so this resamples by itself.

const RATE = 8000;
const FRAME = 160; // 20 ms
const REACH = 16; // samples of the slower rate on either side of a point that its value depends on
const PHASES = 256;
const HEAD_START = 480; // samples that are waited for after a gap, so that late frames leave no new one

/** Weights of a low-pass filter for `PHASES` places between two samples of the source. */
function kernel(from, to) {
  const scale = Math.min(1, to / from), half = Math.ceil(REACH / scale), cut = 0.92 * scale;
  const rows = [];
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = new Float32Array(2 * half);
    let sum = 0;
    for (let tap = 0; tap < 2 * half; tap++) {
      const x = tap - half + 1 - phase / PHASES;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cut * x) / (Math.PI * cut * x);
      const window = Math.abs(x) < half ? 0.5 + 0.5 * Math.cos(Math.PI * x / half) : 0;
      sum += row[tap] = sinc * window;
    }
    rows.push(row.map(weight => weight / sum));
  }
  return { rows, size: 2 * half };
}

/** One rate to another, sample by sample. `next` gives the source's next sample. */
class Resampler {
  constructor(from, to) {
    Object.assign(this, kernel(from, to));
    this.step = from / to;
    this.recent = new Float32Array(2 * this.size); // written twice, so that the newest always lie in a row
    this.at = 0;
    this.ahead = 0; // where the next value is, between the two samples in the middle
  }
  take(sample) {
    this.recent[this.at] = this.recent[this.at + this.size] = sample;
    this.at = (this.at + 1) % this.size;
  }
  value() {
    const row = this.rows[Math.round(this.ahead * PHASES)];
    let sum = 0;
    for (let tap = 0; tap < this.size; tap++) sum += row[tap] * this.recent[this.at + tap];
    return sum;
  }
}

function encoded(sample) {
  let value = Math.max(-32635, Math.min(32635, Math.round(sample * 32768)));
  const sign = value < 0 ? 0x80 : 0;
  value = Math.abs(value) + 132;
  const exponent = 31 - Math.clz32(value) - 7;
  return ~(sign | exponent << 4 | value >> exponent + 3 & 15) & 255;
}

const DECODED = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 255, value = ((bits & 15) << 3) + 132 << (bits >> 4 & 7);
  return (bits & 128 ? 132 - value : value - 132) / 32768;
});

class Telephone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.up = new Resampler(sampleRate, RATE);
    this.up.ahead = 1;
    this.down = new Resampler(RATE, sampleRate);
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
    this.muted = false;
    this.loudest = 0;
    this.frames = 0;
    this.queue = []; // pieces of sound, and names of marks
    this.played = 0; // of the first piece
    this.waiting = 0; // samples that a gap is still longer
    this.silent = true;
    this.open = true;
    this.port.onmessage = ({ data }) => this.told(data);
  }

  told(message) {
    if (message.sound) {
      if (this.silent) this.waiting = HEAD_START;
      this.silent = false;
      this.queue.push(new Uint8Array(message.sound));
    } else if (message.mark !== undefined) {
      this.queue.push(message.mark);
      this.waiting = 0; // all of it is here
    } else if (message.clear) {
      const marks = this.queue.filter(one => typeof one === "string");
      this.queue = [];
      this.played = 0;
      marks.forEach(mark => this.port.postMessage({ mark }));
    } else if (message.muted !== undefined) {
      this.muted = message.muted;
    } else if (message.close) {
      this.open = false;
    }
  }

  /** The next sample that is to be heard; a mark comes back once what is before it was. */
  next() {
    while (typeof this.queue[0] === "string") this.port.postMessage({ mark: this.queue.shift() });
    if (this.waiting > 0 && this.queue.length) {
      this.waiting--;
      return 0;
    }
    const piece = this.queue[0];
    if (piece === undefined) {
      this.silent = true;
      return 0;
    }
    const sample = DECODED[piece[this.played++]];
    if (this.played >= piece.length) {
      this.queue.shift();
      this.played = 0;
    }
    return sample;
  }

  said(sample) {
    const heard = this.muted ? 0 : sample;
    this.loudest = Math.max(this.loudest, Math.abs(heard));
    this.frame[this.filled++] = encoded(heard);
    if (this.filled < FRAME) return;
    this.filled = 0;
    this.port.postMessage({ frame: this.frame.slice() });
    if (++this.frames % 5 === 0) {
      this.port.postMessage({ level: this.loudest });
      this.loudest = 0;
    }
  }

  process([microphone], [speaker]) {
    const { up, down } = this, into = microphone[0], out = speaker[0];
    for (let n = 0; n < out.length; n++) {
      up.take(into ? into[n] : 0); // without a microphone the line is silent, and lives
      for (up.ahead -= 1; up.ahead < 1; up.ahead += up.step) this.said(up.value());
      for (down.ahead += down.step; down.ahead >= 1; down.ahead -= 1) down.take(this.next());
      out[n] = down.value();
    }
    for (const copy of speaker.slice(1)) copy.set(out);
    return this.open;
  }
}

registerProcessor("telephone", Telephone);
