// The page of the telephone: a caller's pane and a buyer's. Everything that it may do, it does by tokens.

const KEYS = "123456789*0#";
const given = new URLSearchParams(location.hash.slice(1));
const kept = name => given.get(name) ?? sessionStorage.getItem(`cordboard.${name}`) ?? "";
const KEY = kept("key"); // hands out tokens: the operator's own page has it
const OWN = given.get("token") ?? ""; // one call, for somebody else's page
if (given.has("key")) {
  for (const name of ["key", "numbers", "buyers"]) sessionStorage.setItem(`cordboard.${name}`, kept(name));
}
history.replaceState(null, "", location.pathname); // neither stays where others may see it

/** Post JSON to the engine; its answer. Raises what it says where it refuses. */
async function asked(what, body, headers = {}) {
  const answer = await fetch(what, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || `the engine answered ${answer.status}`);
  return told;
}

const token = body => asked("tokens", body, { Authorization: `Bearer ${KEY}` }).then(told => told.token);

const trouble = document.getElementById("problem");
function problem(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

/** The microphone, or null where there is none or it may not be used. */
async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: true },
    });
  } catch (error) {
    problem(`No microphone (${error.message}): the line stays silent. Use the keypad.`);
    return null;
  }
}

/** One leg's sound: a websocket to the engine, and the sound card. */
class Line {
  static async open(at, leg, hooks) {
    const line = new Line();
    Object.assign(line, { hooks, isOpen: true });
    line.sound = new AudioContext({ latencyHint: "interactive" });
    await line.sound.audioWorklet.addModule("worklet.js");
    line.microphone = await microphone();
    line.node = new AudioWorkletNode(line.sound, "telephone", { outputChannelCount: [1] });
    if (line.microphone) line.sound.createMediaStreamSource(line.microphone).connect(line.node);
    line.node.connect(line.sound.destination);
    line.node.port.onmessage = ({ data }) => line.heard(data);
    line.socket = new WebSocket(at.url);
    line.socket.binaryType = "arraybuffer";
    line.socket.onopen = () => {
      line.say({ event: "start", call: leg, token: at.token });
      line.started = true;
    };
    line.socket.onmessage = ({ data }) => line.told(data);
    line.socket.onclose = () => line.close();
    await line.sound.resume();
    return line;
  }

  say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  told(data) {
    if (typeof data !== "string") {
      this.node.port.postMessage({ sound: data }, [data]);
      return;
    }
    const message = JSON.parse(data);
    if (message.event === "clear") this.node.port.postMessage({ clear: true });
    if (message.event === "mark") this.node.port.postMessage({ mark: message.name });
  }

  heard({ frame, mark, level }) {
    if (frame && this.started && this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
    if (mark !== undefined) this.say({ event: "mark", name: mark });
    if (level !== undefined) this.hooks.level(level);
  }

  press(key) {
    this.say({ event: "key", key });
  }

  mute(muted) {
    this.node.port.postMessage({ muted });
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.say({ event: "stop" });
    this.socket.close();
    this.node.port.postMessage({ close: true });
    this.microphone?.getTracks().forEach(track => track.stop());
    this.sound.close();
    this.hooks.level(0);
    this.hooks.over();
  }
}

/** What both panes have: a status line, a keypad, buttons, a line while a call goes on. */
class Pane {
  constructor(name, acts) {
    this.root = document.getElementById(name);
    this.status = this.root.querySelector(".status");
    this.number = this.root.querySelector("input");
    this.clock = this.root.querySelector(".clock");
    this.meter = this.root.querySelector("meter");
    this.line = null;
    this.began = 0;
    for (const key of KEYS) this.root.querySelector(".keypad").append(this.key(key));
    this.root.addEventListener("click", event => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) this.act(act);
    });
    this.root.addEventListener("keydown", event => {
      if (this.line && event.target !== this.number && KEYS.includes(event.key) && !event.ctrlKey) this.press(event.key);
    });
    Object.assign(this, acts);
  }

  key(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.ariaLabel = { "*": "Star", "#": "Pound" }[name] ?? name;
    button.disabled = true;
    button.addEventListener("click", () => this.press(name));
    return button;
  }

  button(act) {
    return this.root.querySelector(`[data-act="${act}"]`);
  }

  show(text, ...acts) {
    this.status.textContent = text;
    for (const button of this.root.querySelectorAll("[data-act]")) {
      button.hidden = !acts.includes(button.dataset.act);
    }
    this.number.disabled = this.line !== null || !acts.some(act => ["dial", "wait"].includes(act));
    for (const button of this.root.querySelectorAll(".keypad button")) button.disabled = this.line === null;
    this.root.classList.toggle("busy", this.line !== null || acts.includes("accept"));
  }

  press(key) {
    this.line?.press(key);
    this.keyed += key;
    this.talking();
  }

  talking() {
    this.show(this.keyed ? `${this.with}. Keys: ${this.keyed.slice(-16)}` : `${this.with}.`, "end", "mute");
  }

  tick() {
    const passed = Math.floor((Date.now() - this.began) / 1000);
    this.clock.textContent = `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}`;
  }

  async act(act) {
    problem("");
    try {
      await this[act]();
    } catch (error) {
      problem(error.message);
      this.rest();
    }
  }

  async connect(at, leg, whom) {
    Object.assign(this, { began: Date.now(), with: whom, keyed: "" });
    this.line = await Line.open(at, leg, {
      level: level => (this.meter.value = Math.min(1, level * 2)),
      over: () => this.over(),
    });
    if (!this.line.isOpen) return this.over();
    this.ticking = setInterval(() => this.tick(), 1000);
    this.tick();
    this.talking();
  }

  end() {
    this.line?.close();
  }

  mute() {
    const button = this.button("mute"), muted = button.ariaPressed !== "true";
    button.ariaPressed = String(muted);
    button.textContent = muted ? "Unmute" : "Mute";
    this.line?.mute(muted);
  }

  over() {
    clearInterval(this.ticking);
    this.clock.textContent = "";
    this.line = null;
    const button = this.button("mute");
    button.ariaPressed = "false";
    button.textContent = "Mute";
    this.rest("The call is over. ");
  }
}

const caller = new Pane("caller", {
  rest(before = "") {
    if (OWN && before) this.show(before);
    else this.show(`${before}Ready to call.`, "dial");
  },
  async dial() {
    const number = this.number.value.trim();
    if (!OWN && !number) throw new Error("Which number shall be called?");
    this.show("Calling …");
    const own = OWN || (await token({ as: "caller", number }));
    const at = await asked("calls", { token: own });
    await this.connect(at, at.call, number ? `In a call with ${number}` : "In a call");
  },
});

const buyer = new Pane("buyer", {
  tab: "",
  rings: null, // what rings here, also while another call goes on
  isTaking: false,
  rest(before = "") {
    if (this.rings) this.hear(this.rings);
    else if (this.tab) this.show(`${before}Waiting for calls to ${this.number.value}.`, "leave");
    else this.show(`${before}Not waiting for calls.`, "wait");
  },
  async wait() {
    const number = this.number.value.trim();
    if (!number) throw new Error("Calls to which number shall ring here?");
    const told = await asked("tabs", { token: await token({ as: "buyer", number }) });
    this.tab = told.tab;
    this.rest();
    this.watch(this.tab);
  },
  /** Ask what rings, again and again: the engine answers when something does, or after some seconds. */
  async watch(tab) {
    while (this.tab === tab) {
      try {
        const { rings } = await asked("tabs/next", { tab, knows: this.rings?.leg ?? "" });
        if (this.tab !== tab) return;
        this.rings = rings;
        if (!this.line && !this.isTaking) this.hear(rings);
      } catch (error) {
        if (this.tab !== tab) return;
        problem(`Calls can't ring here: ${error.message}`);
        this.tab = "";
        this.hear(null);
      }
    }
  },
  hear(rings) {
    this.rings = rings;
    bell.ring(Boolean(rings));
    if (rings) this.show(`A call from ${rings.shown}.`, "accept", "decline");
    else this.rest();
  },
  async accept() {
    const { leg, shown } = this.rings;
    bell.ring(false);
    this.show("Answering …");
    this.isTaking = true;
    try {
      const at = await asked("tabs/answer", { tab: this.tab, leg });
      this.rings = null;
      await this.connect(at, leg, `In a call from ${shown}`);
    } finally {
      this.isTaking = false;
    }
  },
  async decline() {
    const { leg } = this.rings;
    this.hear(null);
    await asked("tabs/decline", { tab: this.tab, leg });
  },
  async leave() {
    const { tab } = this;
    this.tab = "";
    this.hear(null);
    await asked("tabs/leave", { tab });
  },
});

/** A ringing sound, as phones have it: two tones for two of six seconds. */
const bell = {
  ring(on) {
    if (on === Boolean(this.sound)) return;
    if (!on) {
      this.sound.close();
      this.sound = null;
      return;
    }
    this.sound = new AudioContext();
    const loudness = this.sound.createGain();
    loudness.connect(this.sound.destination);
    for (let n = 0; n < 20; n++) {
      loudness.gain.setValueAtTime(0.08, n * 6);
      loudness.gain.setValueAtTime(0, n * 6 + 2);
    }
    for (const hz of [440, 480]) {
      const tone = this.sound.createOscillator();
      tone.frequency.value = hz;
      tone.connect(loudness);
      tone.start();
    }
  },
};

function choices(list, texts) {
  for (const text of texts.filter(Boolean)) {
    const option = document.createElement("option");
    [option.value, option.label] = [text.split("=").pop(), text.split("=")[0]];
    list.append(option);
  }
}

const numbers = kept("numbers").split(","), buyers = kept("buyers").split(",");
choices(document.getElementById("numbers"), numbers);
choices(document.getElementById("buyers"), buyers);
caller.number.value = numbers[0];
buyer.number.value = (buyers[0] ?? "").split("=").pop();
if (OWN) {
  buyer.root.hidden = true;
  caller.number.closest("label").hidden = true;
} else if (!KEY) {
  problem("This page has no key: open the address that `cordboard phone` prints.");
}
caller.rest();
buyer.rest();
addEventListener("pagehide", () => {
  caller.end();
  buyer.end();
  if (buyer.tab) navigator.sendBeacon("tabs/leave", JSON.stringify({ tab: buyer.tab }));
});
