// What has happened in this isolate, for whoever watches: a bounded list of plain data, and a stream that reads it.
//
// On Workers a request may write to no other request's stream, and await nothing that another one made. So whoever has
// something to tell leaves it here, and each stream looks by a timer of its own.

const KEPT = 300; // events
const SHOWN = 25; // of these, to who comes new
const LOOK = 60; // ms between two looks
const BEAT = 5_000; // ms after which a silent stream shows that it lives; Bun closes one that is silent for 10 s
const AGAIN = 500; // ms after which a browser that has lost the stream asks for it again

const kept = [];
let newest = 0;

/** The id of the newest event. */
export const newestEvent = () => newest;

/** Tells an event: an object without secrets and tokens. */
export function note(event) {
  newest += 1;
  kept.push({ at: Date.now(), ...event, id: newest });
  if (kept.length > KEPT) kept.shift();
}

/**
 * Server-sent events (HTML, section 9.2): `state` once, then what happens.
 * @param {object} state where things stand
 * @param {number} seen the id of the last event that the browser has had, 0 for none
 */
export function stream(state, seen) {
  const encoder = new TextEncoder();
  let open = true;
  // An isolate that has begun anew counts from 1 again.
  let last = Math.max(seen > newest ? 0 : seen, newest - SHOWN);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${AGAIN}\nevent: state\ndata: ${JSON.stringify(state)}\n\n`));
    },
    async pull(controller) {
      for (let waited = 0; open; waited += LOOK) {
        if (newest > last) {
          const fresh = kept.filter(({ id }) => id > last);
          last = newest;
          return controller.enqueue(encoder.encode(fresh.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`).join("")));
        }
        if (waited >= BEAT) return controller.enqueue(encoder.encode(": nothing new\n\n"));
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    },
    cancel() {
      open = false;
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
