/** Server-sent events, read from a stream: EventSource would ask again by itself, and cannot say what went wrong. */

/**
 * The JSON of each event's data, as they come.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream @returns {AsyncGenerator<any>}
 */
export async function* readEvents(stream) {
  const reader = stream.getReader();
  const text = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + text.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = events.pop() ?? "";
      for (const event of events) {
        const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
        if (data.length) yield JSON.parse(data.map((line) => line.slice(5)).join("\n"));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
