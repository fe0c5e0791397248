// The demo on the page: a chat room, a job and a stream of tokens. All three share one stream.
// The chat needs nothing but the server's publish route. A server with --demo publishes the job and the tokens.
// Text from the server or from a field is added to the document as text, never as markup.

import { SluiceStream } from './sluice-client.js';

const CHAT = 'demo/chat';
const SOURCES = ['demo/job', 'demo/tokens'];
const REPLAY = 500; // so that a page that is loaded again shows the latest of all three
const MAX_LINES = 100;
const RESPONSE_MILLIS = 30_000;

const base = new URL('.', document.baseURI);
const hasSources = document.body.hasAttribute('data-demo');
const $ = id => document.getElementById(id);

let stream = null;

function open() {
  if (stream) return;
  const topics = hasSources ? [CHAT, ...SOURCES] : [CHAT];
  const query = topics.map(topic => `topic=${encodeURIComponent(topic)}`).join('&');
  const opened = new SluiceStream(new URL(`events?${query}&replay=${REPLAY}`, base), {
    onState: ({ state, status }) => {
      if (opened !== stream) return;
      if (state === 'closed') stream = null; // the server has ended it for good; Join opens a new one
      const why = status >= 400 ? ` (status ${status})` : '';
      $('demo-state').textContent = `Stream: ${state}${why}`;
    },
  });
  stream = opened;
  for (const [name, show] of Object.entries(HANDLERS)) {
    stream.addEventListener(name, event => {
      try {
        show(JSON.parse(event.data));
      } catch {
        // Any client may publish to these topics, also what is not JSON.
      }
    });
  }
}

function close() {
  stream?.close();
  stream = null;
}

const HANDLERS = {
  said: ({ name, text }) => addLine(String(name).slice(0, 40), String(text).slice(0, 500)),

  progress: ({ done, of }) => {
    $('job-bar').max = of;
    $('job-bar').value = done;
    $('job-state').textContent = `Step ${done} of ${of}`;
  },
  result: ({ answer }) => {
    $('job-bar').value = $('job-bar').max;
    $('job-state').textContent = `Finished. The result is ${answer}.`;
  },

  question: text => {
    $('token-question').textContent = String(text);
    $('token-text').textContent = '';
    $('token-state').textContent = 'The answer arrives.';
  },
  token: text => $('token-text').append(String(text)),
  answered: ({ tokens }) => {
    $('token-state').textContent = `Finished after ${tokens} tokens.`;
  },
};

function addLine(name, text) {
  const line = document.createElement('li');
  const author = document.createElement('b');
  author.textContent = name;
  line.append(author, ` ${text}`);
  const list = $('chat-list');
  list.append(line);
  while (list.children.length > MAX_LINES) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

async function say() {
  const name = $('chat-name').value.trim() || 'guest';
  const text = $('chat-text').value.trim();
  if (!text) return;
  open();
  try {
    const response = await fetch(new URL(`publish/${CHAT}?event=said`, base), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, text }),
      signal: AbortSignal.timeout(RESPONSE_MILLIS),
    });
    $('chat-problem').textContent = response.ok ? '' : `Not sent: ${response.status} ${response.statusText}`.trim();
    if (response.ok) $('chat-text').value = '';
  } catch {
    $('chat-problem').textContent = 'Not sent: the server cannot be reached.';
  }
}

$('chat').addEventListener('submit', event => {
  event.preventDefault();
  say();
});

$('chat-join').addEventListener('click', () => {
  open();
  $('chat-text').focus();
});

// A page in the back-forward cache must not keep a connection.
let leftOpen = false;

addEventListener('pagehide', () => {
  leftOpen = stream !== null;
  close();
});

addEventListener('pageshow', event => {
  if (!event.persisted || !leftOpen) return;
  $('chat-list').replaceChildren(); // the new stream replays it
  open();
});

if (hasSources) {
  $('job-state').textContent = 'Waiting for the next step.';
  $('token-state').textContent = 'Waiting for the next token.';
  open();
}
