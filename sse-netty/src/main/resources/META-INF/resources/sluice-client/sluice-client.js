const LONGEST_TIMER = 2 ** 31 - 1; // a browser's timer fires at once for a longer time

/**
 * A stream of server-sent events that continues where an EventSource gives up.
 *
 * An EventSource stops for good on any response other than 200, cannot send a token in a header, hides ids that come
 * without data, and does not notice a connection that dies silently. This class reads the same format with fetch:
 *
 *  - it reconnects by itself, after the last id that it received. It waits for the time that the server asks for
 *    (`retry:` or Retry-After), with random spread, and doubles it with each failure in a row. It never waits longer
 *    than `longest`, whatever the server asks for;
 *  - it asks for headers before each attempt, so that a rejected token can be replaced;
 *  - it treats silence as the end of the connection, because the server sends heartbeats;
 *  - it stops when the server ends the stream for good: with an `end` event that has its own id, or with 204;
 *  - it can begin with any method and body, for streams that are answers to a POST;
 *  - all tabs of a browser can share one connection (`shared`), since HTTP/1.1 allows six for each host.
 *
 * Events are dispatched under their names as MessageEvents with `data` and `lastEventId`. An event named `gap` reports
 * that the server could not deliver some events: reload what you show, and continue.
 *
 *   const stream = new SluiceStream('/events/orders', {
 *     headers: async ({ status }) => ({ Authorization: `Bearer ${await token({ fresh: status === 401 })}` }),
 *     onState: ({ state, status, delay }) => show(state),
 *   });
 *   stream.addEventListener('message', event => use(event.data));
 *   stream.addEventListener('gap', event => reload());
 *   stream.close();
 *
 * It has no dependencies and runs in browsers and in Node.js 20 or later.
 */
export class SluiceStream extends EventTarget {

  #url;
  #options;
  #lastEventId;
  #retry;
  #failures = 0;
  #status = 0;
  #state = '';
  #stop = new AbortController();
  /** Whether the server has ended the stream for good. */
  #ended = false;
  /** To the other tabs of a shared stream. */
  #tabs;

  /**
   * @param {string | URL} url of the stream
   * @param {object} [options]
   * @param {object | function({status: number, failures: number}): (object | Promise<object>)} [options.headers]
   *     for each attempt; `status` is the status with which the previous attempt was rejected, or 0
   * @param {string} [options.method] of the request; by default POST if there is a body, otherwise GET
   * @param {BodyInit | function(): (BodyInit | Promise<BodyInit>)} [options.body] of each attempt's request; what can
   *     be read only once, such as a ReadableStream, needs a function that makes it anew
   * @param {AbortSignal} [options.signal] closes the stream when it aborts
   * @param {boolean | string} [options.shared] shares one connection with all tabs of this origin that pass the same
   *     name (true: the URL). One tab has the connection, and when it closes, another one continues after the last
   *     event. A tab that joins starts with the next event. All get what the headers of that tab allow, so the name
   *     must contain the user where several may use the browser. Without Web Locks, as in Node 20 and on pages that are
   *     not secure, each tab has a connection of its own
   * @param {string} [options.lastEventId] starts after this id; not together with `shared`
   * @param {number} [options.retry] milliseconds before the first new attempt, until the server sends another value
   * @param {number} [options.longest] maximum delay in milliseconds before any new attempt
   * @param {number} [options.silence] milliseconds without a byte after which the connection counts as dead; must be
   *     longer than the heartbeat of the server; 0 is off
   * @param {number[]} [options.final] statuses after which it gives up, in addition to 204
   * @param {RequestCredentials} [options.credentials] as in fetch
   * @param {function({state: string, status: number, delay: number, error?: unknown}): void} [options.onState]
   *     is called with `connecting`, `open`, `waiting` (with the delay in milliseconds) and, once, `closed`
   */
  constructor(url, options = {}) {
    super();
    this.#url = String(url);
    this.#options = {
      retry: 3_000, longest: 60_000, silence: 45_000, credentials: 'same-origin',
      final: [400, 404, 405, 406, 410, 413, 414],
      ...options,
    };
    if (this.#options.shared && this.#options.lastEventId) {
      throw new TypeError('lastEventId: a shared stream starts with the next event');
    }
    if (this.#options.shared === true && this.#options.body !== undefined) {
      throw new TypeError('shared: streams with a body need a name (expected: one for each body that tabs may share)');
    }
    if (this.#options.body instanceof ReadableStream) {
      throw new TypeError('body: a stream can be read only once (expected: a function that returns a new one)');
    }
    this.#options.longest = Math.min(this.#options.longest, LONGEST_TIMER);
    this.#options.silence = Math.min(this.#options.silence, LONGEST_TIMER);
    this.#lastEventId = this.#options.lastEventId ?? '';
    this.#retry = Math.min(this.#options.retry, this.#options.longest);
    const { signal } = this.#options;
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', () => this.close(), { signal: this.#stop.signal });
    queueMicrotask(() => this.#start()); // so that listeners can be added first
  }

  /** The id after which the next attempt starts; ids without data update it too. */
  get lastEventId() {
    return this.#lastEventId;
  }

  /** The last state that was passed to `onState`. */
  get state() {
    return this.#state;
  }

  /** Ends the stream; nothing is dispatched after it. */
  close() {
    this.#stop.abort();
  }

  #start() {
    const { shared } = this.#options;
    const locks = globalThis.navigator?.locks;
    if (!shared || !locks || !globalThis.BroadcastChannel) {
      this.#run();
      return;
    }
    const name = `sluice:${shared === true ? new URL(this.#url, globalThis.location?.href) : shared}`;
    this.#tabs = new Tabs(name, {
      onEvent: (type, data, id) => {
        this.#lastEventId = id;
        this.#dispatch(type, data, id);
      },
      onId: id => { this.#lastEventId = id; },
      onState: (state, more) => {
        if (state === 'closed') this.#end();
        else if (state !== this.#state) this.#setState(state, more);
      },
      lastEventId: () => this.#lastEventId,
    });
    this.#tabs.lead(locks, this.#stop.signal, () => this.#run()).catch(() => {
      this.#tabs.close();
      this.#tabs = undefined;
      return this.#run(); // a page in a sandbox may not lock
    }).finally(() => {
      this.#tabs?.close();
      if (this.#state !== 'closed') this.#setState('closed');
    });
  }

  #end() {
    this.#ended = true;
    this.close();
  }

  async #run() {
    const stopped = this.#stop.signal;
    while (!stopped.aborted) {
      let error;
      let wait = 0;
      try {
        this.#setState('connecting');
        wait = await this.#attempt();
      } catch (failure) {
        error = failure;
      }
      if (stopped.aborted) break;
      const delay = this.#bounded(Math.max(wait * (1 + Math.random() / 2), this.#delay()));
      this.#failures++;
      this.#setState('waiting', { delay, error });
      await sleep(delay, stopped);
    }
    this.#setState('closed');
  }

  /** 0.5 to 1.5 times the delay, so that clients that were disconnected together reconnect at different times. */
  #delay() {
    const doubled = this.#retry * 2 ** Math.min(this.#failures, 16);
    return Math.min(doubled, this.#options.longest) * (0.5 + Math.random());
  }

  /** At most `longest`. Longer delays become the upper half of it, so that clients still return at different times. */
  #bounded(delay) {
    const longest = this.#options.longest;
    return delay <= longest ? delay : longest * (1 - Math.random() / 2);
  }

  /** @returns {Promise<number>} the milliseconds for which the server asks to make no further attempt */
  async #attempt() {
    const given = this.#options.headers ?? {};
    const headers = new Headers(
      typeof given === 'function' ? await given({ status: this.#status, failures: this.#failures }) : given);
    headers.set('Accept', 'text/event-stream');
    if (this.#lastEventId) headers.set('Last-Event-ID', bytesOf(this.#lastEventId));
    const silence = new Silence(this.#options.silence, this.#stop.signal);
    try {
      const { method, body: bodyOption, credentials } = this.#options;
      const body = typeof bodyOption === 'function' ? await bodyOption() : bodyOption;
      const response = await fetch(this.#url, {
        method: method ?? (body === undefined || body === null ? 'GET' : 'POST'),
        body, headers, cache: 'no-store', credentials, signal: silence.signal,
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      });
      this.#status = response.status === 200 ? 0 : response.status;
      if (response.status === 200 && isEventStream(response)) {
        this.#setState('open');
        const opened = performance.now();
        try {
          await this.#read(response.body, silence);
        } finally {
          // A server that rejects a browser temporarily responds with 200, a retry field and the end: not a success.
          if (performance.now() - opened > this.#retry) this.#failures = 0;
        }
      } else {
        await response.body?.cancel();
        if (response.status === 204 || this.#options.final.includes(response.status)) this.#end();
        return retryAfter(response);
      }
    } finally {
      silence.end();
    }
    return 0;
  }

  async #read(body, silence) {
    // Other tabs get an id with its event, since one of them may have to continue after any message.
    let idWithoutEvent;
    const parser = new EventParser({
      onEvent: (name, data, id) => {
        idWithoutEvent = undefined;
        this.#tabs?.event(name, data, id);
        this.#dispatch(name, data, id);
      },
      onId: id => {
        if (id !== this.#lastEventId) idWithoutEvent = id;
        this.#lastEventId = id;
      },
      onRetry: millis => { this.#retry = Math.min(millis, this.#options.longest); },
    }, this.#lastEventId);
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#stop.signal.aborted) return;
      silence.broken();
      parser.feed(value);
      if (idWithoutEvent !== undefined) this.#tabs?.id(idWithoutEvent);
      idWithoutEvent = undefined;
    }
  }

  #dispatch(name, data, lastEventId) {
    if (this.#stop.signal.aborted) return;
    this.#failures = 0;
    // Any publisher can publish an event named "end", but only the server creates an id like this.
    if (name === 'end' && lastEventId.startsWith('end~')) this.#end();
    this.dispatchEvent(new MessageEvent(name, { data, lastEventId, origin: originOf(this.#url) }));
  }

  #setState(state, more = {}) {
    this.#state = state;
    if (state !== 'closed' || this.#ended) this.#tabs?.state(state, this.#status, more.delay);
    try {
      this.#options.onState?.({ state, status: this.#status, delay: 0, ...more });
    } catch (failure) {
      report(failure); // an error of the page must not end its stream
    }
  }
}

/**
 * The tabs of a shared stream. One of them leads: it holds the lock, has the connection, and passes on what it gets.
 * The browser gives the lock to the next tab when the leading one closes or crashes, and does not freeze a tab that
 * holds a lock.
 */
class Tabs {

  #name;
  #listener;
  #channel;
  #leads = false;
  #onMarker;
  /** The last message with a state; a tab that joins gets it. */
  #state;

  /**
   * @param listener `onEvent(name, data, id)`, `onId(id)` and `onState(state, more)` with what the leading tab passes
   *     on, and `lastEventId()`
   */
  constructor(name, listener) {
    this.#name = name;
    this.#listener = listener;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#channel.postMessage({ kind: 'join' });
  }

  /** Runs `run` once this tab leads. @returns {Promise} fulfilled when `run` has ended, or this tab has closed */
  async lead(locks, signal, run) {
    try {
      await locks.request(this.#name, { signal }, async () => {
        await this.#caughtUp();
        this.#leads = true;
        if (!signal.aborted) await run();
      });
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }

  /** Waits until this tab has received what the previous leader has sent: a message of our own comes after it. */
  #caughtUp() {
    return new Promise(resolve => {
      const other = new BroadcastChannel(this.#name);
      const marker = crypto.randomUUID();
      const done = () => {
        clearTimeout(timer);
        other.close();
        resolve();
      };
      const timer = setTimeout(done, 1_000);
      this.#onMarker = received => { if (received === marker) done(); };
      other.postMessage({ kind: 'marker', marker });
    });
  }

  event(name, data, id) {
    this.#send({ kind: 'event', name, data, id });
  }

  id(id) {
    this.#send({ kind: 'id', id });
  }

  state(state, status, delay = 0) {
    this.#state = { kind: 'state', state, more: { status, delay } };
    this.#send(this.#state);
  }

  #send(message) {
    if (this.#leads) this.#channel.postMessage(message);
  }

  #receive(message) {
    switch (message.kind) {
      case 'event': return this.#listener.onEvent(message.name, message.data, message.id);
      case 'id': return this.#listener.onId(message.id);
      case 'state': return this.#listener.onState(message.state, message.more);
      case 'join': return this.#joined();
      case 'marker': return this.#onMarker?.(message.marker);
    }
  }

  /** Another tab has joined, and may have to continue before it has received an event. */
  #joined() {
    if (this.#state) this.#send(this.#state);
    if (this.#listener.lastEventId()) this.id(this.#listener.lastEventId());
  }

  close() {
    this.#channel.close();
  }
}

/** Parses the event stream format (HTML Standard, section 9.2.6) from chunks of text. */
export class EventParser {

  #listener;
  #id;
  #line = '';
  #afterReturn = false; // the next line feed belongs to the previous line end
  #name = '';
  #data = null;

  /** @param listener `onEvent(name, data, id)`, `onId(id)` at the end of a block, `onRetry(millis)` */
  constructor(listener, lastEventId = '') {
    this.#listener = listener;
    this.#id = lastEventId;
  }

  feed(text) {
    let from = 0;
    if (this.#afterReturn && text.length > 0) {
      this.#afterReturn = false;
      if (text[0] === '\n') from = 1;
    }
    const end = /\r\n|\r|\n/g;
    end.lastIndex = from;
    for (let found = end.exec(text); found; found = end.exec(text)) {
      this.#lineEnds(this.#line + text.slice(from, found.index));
      this.#line = '';
      from = end.lastIndex;
      if (found[0] === '\r' && from === text.length) this.#afterReturn = true;
    }
    this.#line += text.slice(from);
  }

  #lineEnds(line) {
    if (line === '') return this.#blockEnds();
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    else if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) this.#listener.onRetry?.(Number(value));
  }

  #blockEnds() {
    const [name, data] = [this.#name || 'message', this.#data];
    [this.#name, this.#data] = ['', null];
    this.#listener.onId?.(this.#id);
    if (data !== null) this.#listener.onEvent(name, data, this.#id);
  }
}

/** Aborts a request after too long a silence, or when `stopped` aborts. */
class Silence {

  #millis;
  #controller = new AbortController();
  #stopped;
  #timer;
  #onStop = () => this.#controller.abort(this.#stopped.reason);

  constructor(millis, stopped) {
    this.#millis = millis;
    this.#stopped = stopped;
    stopped.addEventListener('abort', this.#onStop);
    if (stopped.aborted) this.#onStop();
    this.broken();
  }

  get signal() {
    return this.#controller.signal;
  }

  broken() {
    clearTimeout(this.#timer);
    if (this.#millis > 0) {
      this.#timer = setTimeout(() => this.#controller.abort(new Error('no data for too long')), this.#millis);
    }
  }

  end() {
    clearTimeout(this.#timer);
    this.#stopped.removeEventListener('abort', this.#onStop);
    this.#controller.abort();
  }
}

function sleep(millis, stopped) {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    stopped.addEventListener('abort', done);
  });
}

function report(failure) {
  if (globalThis.reportError) reportError(failure);
  else console.error(failure);
}

function isEventStream(response) {
  return /^text\/event-stream\s*(;|$)/i.test(response.headers.get('Content-Type') ?? '');
}

/** The Retry-After header, seconds or a date (RFC 9110, section 10.2.3), in milliseconds from now. */
function retryAfter(response) {
  const value = response.headers.get('Retry-After');
  if (!value) return 0;
  const millis = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(millis) ? Math.max(0, millis) : 0;
}

/** Ids are sent as UTF-8, but fetch takes the bytes of a header as characters. */
function bytesOf(id) {
  return String.fromCharCode(...new TextEncoder().encode(id));
}

function originOf(url) {
  return new URL(url, globalThis.location?.href ?? 'http://localhost').origin;
}
