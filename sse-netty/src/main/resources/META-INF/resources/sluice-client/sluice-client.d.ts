/** What a stream does at present. `closed` comes once, as the last one. */
export type StreamState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface StreamOptions {
  /** Headers of each attempt; `status` is the status with which the previous one was rejected, or 0. */
  headers?: HeadersInit | ((attempt: { status: number; failures: number }) => HeadersInit | Promise<HeadersInit>);
  /** POST by default if there is a body, otherwise GET. */
  method?: string;
  /** A body that can be read only once needs a function that makes it anew for each attempt. */
  body?: BodyInit | (() => BodyInit | Promise<BodyInit>);
  /** Closes the stream when it aborts. */
  signal?: AbortSignal;
  /** Shares one connection with all tabs of this origin that pass the same name (true: the URL). */
  shared?: boolean | string;
  /** Starts after this id; not together with `shared`. */
  lastEventId?: string;
  /** Milliseconds before the first new attempt, until the server sends another value. */
  retry?: number;
  /** Maximum delay in milliseconds before any new attempt. */
  longest?: number;
  /** Milliseconds without a byte after which the connection counts as dead; 0 is off. */
  silence?: number;
  /** Statuses after which the stream gives up, in addition to 204. */
  final?: number[];
  credentials?: RequestCredentials;
  onState?: (change: { state: StreamState; status: number; delay: number; error?: unknown }) => void;
}

/** A stream of server-sent events that continues where an EventSource gives up. */
export class SluiceStream extends EventTarget {
  constructor(url: string | URL, options?: StreamOptions);
  /** The id after which the next attempt starts; ids without data update it too. */
  readonly lastEventId: string;
  /** The last state that was passed to `onState`. */
  readonly state: StreamState | '';
  /** Ends the stream; nothing is dispatched after it. */
  close(): void;
  /** Events are dispatched under their names: `message`, `gap`, `end`, and those of the publisher. */
  addEventListener(
    type: string,
    listener: ((event: MessageEvent<string>) => void) | { handleEvent(event: MessageEvent<string>): void } | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export interface EventListenerOfParser {
  onEvent(name: string, data: string, id: string): void;
  onId?(id: string): void;
  onRetry?(millis: number): void;
}

/** Parses the event stream format (HTML Standard, section 9.2.6) from chunks of text. */
export class EventParser {
  constructor(listener: EventListenerOfParser, lastEventId?: string);
  feed(text: string): void;
}
