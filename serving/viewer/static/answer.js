// Reads the server's one long answer: lines of JSON, each followed by the bytes that it announces.

const LINE_FEED = 10;

// Yields { part, ...facts, blob } as they arrive; `blob` where the part has a body.
export async function* parts(stream) {
  const reader = stream.getReader();
  let chunks = [];
  let length = 0;

  async function more() {
    const { done, value } = await reader.read();
    if (done) return false;
    chunks.push(value);
    length += value.length;
    return true;
  }

  function take(size) {
    const taken = [];
    for (let left = size; left > 0; ) {
      const first = chunks[0];
      const part = first.subarray(0, left);
      taken.push(part);
      left -= part.length;
      if (part.length === first.length) chunks.shift();
      else chunks[0] = first.subarray(part.length);
    }
    length -= size;
    return new Blob(taken);
  }

  function lineEnd() {
    let before = 0;
    for (const chunk of chunks) {
      const at = chunk.indexOf(LINE_FEED);
      if (at >= 0) return before + at;
      before += chunk.length;
    }
    return -1;
  }

  for (;;) {
    let end = lineEnd();
    while (end < 0) {
      if (!(await more())) {
        if (length) throw new TypeError("the answer broke off");
        return;
      }
      end = lineEnd();
    }
    const header = JSON.parse(await take(end + 1).text());
    if (header.size !== undefined) {
      while (length < header.size) if (!(await more())) throw new TypeError("the answer broke off");
      header.blob = new Blob([take(header.size)], { type: header.type });
    }
    yield header;
  }
}
