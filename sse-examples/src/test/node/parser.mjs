// Prints the events of a stream as eventsource-parser reads them, a line of JSON each. Arguments: the URL, the coding.
import http from 'node:http';
import zlib from 'node:zlib';
import { createParser } from 'eventsource-parser';

const [url, coding] = process.argv.slice(2);
const headers = { accept: 'text/event-stream', 'accept-encoding': coding };
http.get(url, { headers }, (response) => {
  const actual = response.headers['content-encoding'] ?? 'identity';
  if (actual !== coding) throw new Error(`the coding is ${actual}`);
  let lines = '';
  const parser = createParser({
    onEvent: ({ event, data, id }) => { lines += JSON.stringify([event ?? 'message', data, id]) + '\n'; },
    onError: (error) => { throw error; },
  });
  const decoder = new TextDecoder();
  const body = coding === 'gzip' ? response.pipe(zlib.createGunzip()) : response;
  body.on('data', (chunk) => {
    lines = '';
    parser.feed(decoder.decode(chunk, { stream: true }));
    process.stdout.write(lines);
  });
});
process.stdin.on('data', () => {}).on('end', () => process.exit(0)); // the program stays until the test closes its input
