// The viewer: a scan goes in, its restoration comes back and is compared, read and taken home.

import { parts } from "./answer.js";
import { Compare } from "./compare.js";
import { Panel } from "./panel.js";
import { addTexts, chooseLanguage, number, setLanguage, text } from "./texts.js";
import { WORDS } from "./words.js";

const SECTIONS = ["start", "work", "failure", "result"];
const MEGABYTE = 2 ** 20;
const SIGNATURES = ["89504e47", "ffd8ff", "49492a00", "4d4d002a", "49492b00", "4d4d002b"];
const NARROW = matchMedia("(max-width: 60rem)");
const find = (name) => document.getElementById(name);

// A failure that the reader is told about: names of texts, with what the server said.
class Refusal extends Error {
  constructor(title, lines) {
    super(title);
    this.title = title;
    this.lines = lines;
  }
}

class Viewer {
  constructor(about) {
    this.about = about;
    this.panel = new Panel((box) => this.compare?.showBox(box));
    find("file").addEventListener("change", () => this.take(find("file").files));
    find("cancel").addEventListener("click", () => this.running?.abort());
    for (const name of ["another", "again"]) find(name).addEventListener("click", () => this.restart());
    for (const button of document.querySelectorAll("[data-language]"))
      button.addEventListener("click", () => setLanguage(button.dataset.language));
    document.addEventListener("languagechange", () => this.relabel());
    this.bindDrop();
    const chosen = document.querySelector(`[name="paper"][value="${about.paper}"]`);
    if (chosen) chosen.checked = true;
    this.show("start");
    chooseLanguage();
  }

  show(section) {
    for (const name of SECTIONS) find(name).hidden = name !== section;
    find("another").hidden = section !== "result";
    document.body.dataset.section = section;
  }

  relabel() {
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === document.documentElement.lang));
    const { formats, max_bytes: bytes, max_pixels: pixels } = this.about;
    const limits = { formats: formats.join(", "), size: number(bytes / MEGABYTE), pixels: number(pixels / 1e6) };
    find("limits").textContent = text("limits", limits);
    if (this.progress) this.showProgress(this.progress);
    if (this.failed) this.showFailure(this.failed);
    this.panel.relabel();
  }

  bindDrop() {
    const over = (isOver) => find("drop").classList.toggle("over", isOver);
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    document.addEventListener("dragleave", () => over(false));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      this.take(event.dataTransfer.files);
    });
  }

  restart() {
    this.running?.abort();
    this.compare?.close();
    this.panel.clear();
    Object.assign(this, { compare: null, failed: null, progress: null });
    find("file").value = "";
    find("file-name").textContent = "";
    document.title = "Pulih";
    this.show("start");
    find("file").focus();
  }

  async take(files) {
    if (!files.length || document.body.dataset.section === "work") return;
    const [file] = files;
    const isOne = files.length === 1;
    this.restart();
    this.running = new AbortController();
    find("file-name").textContent = file.name;
    document.title = `${file.name} · Pulih`;
    find("stage-note").textContent = isOne ? "" : text("several");
    this.show("work");
    this.showProgress({ stage: "sending" });
    find("stage").focus();
    try {
      await this.check(file);
      await this.showResult(file, await this.restore(file));
    } catch (error) {
      if (error.name === "AbortError") this.restart();
      else this.showFailure(error);
    } finally {
      this.progress = null;
    }
  }

  // What can be known here is said before a byte is sent.
  async check(file) {
    const limit = this.about.max_bytes;
    if (file.size > limit) {
      const sizes = { found: number(file.size / MEGABYTE, 1), limit: number(limit / MEGABYTE, 1) };
      throw new Refusal("failSize", [["failSizeText", sizes]]);
    }
    const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
    const found = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!SIGNATURES.some((signature) => found.startsWith(signature)))
      throw new Refusal("failFile", [["failKind", { formats: this.about.formats.join(", ") }]]);
  }

  async restore(file) {
    const paper = document.querySelector('[name="paper"]:checked').value;
    const response = await fetch(`restore?paper=${paper}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) },
      signal: this.running.signal,
    });
    if (!response.ok) throw await refused(response);
    const received = {};
    for await (const part of parts(response.body)) {
      if (part.part === "progress") this.showProgress(part);
      else if (part.part === "error") throw new Refusal(part.found ? "failFile" : "failTitle", said(part));
      else received[part.part] = part;
    }
    if (!received.end) throw new TypeError("the answer broke off");
    return received;
  }

  showProgress(progress) {
    this.progress = progress;
    const { stage, done, of } = progress;
    find("stage").textContent = text(stage) + (of ? ` (${text("ofParts", { done, of })})` : "");
    if (of) find("progress").value = done / of;
    else find("progress").removeAttribute("value");
  }

  async showResult(file, received) {
    this.showProgress({ stage: "opening" });
    this.show("result");
    const pictures = {
      before: received.scan?.blob ?? file,
      after: received.restored.blob,
      confidence: received.confidence.blob,
    };
    try {
      this.compare = await Compare.open(find("compare"), pictures, NARROW.matches);
      await this.compare.ready;
    } catch {
      // What came back can still be taken home.
      find("compare").textContent = text("failShow");
      this.compare = null;
    }
    this.panel.show(file.name, received);
    find("compare").focus({ preventScroll: true });
  }

  showFailure(error) {
    this.failed = error;
    const isKnown = error instanceof Refusal;
    const lines = isKnown ? error.lines : [["failNet"]];
    find("failure-title").textContent = text(isKnown ? error.title : "failTitle");
    const shown = lines.map((line) => (Array.isArray(line) ? text(...line) : line));
    find("failure-text").textContent = shown[0] ?? "";
    find("failure-fix").textContent = shown[1] ?? "";
    this.show("failure");
    find("failure-title").focus();
  }
}

// The server's own sentences are English; the title above them is in the reader's language.
function said({ expected, found, fix }) {
  return found ? [`Expected ${expected}; found ${found}.`, fix] : [["failServer"]];
}

async function refused(response) {
  if (response.status === 503 || response.status === 429) return new Refusal("failBusy", [["failBusyText"]]);
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  return new Refusal(response.status === 413 ? "failSize" : "failTitle", [error]);
}

addTexts(WORDS);
const about = await (await fetch("about")).json();
new Viewer(about);
