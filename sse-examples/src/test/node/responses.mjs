// Reads an answer of /v1/responses with the SDK of OpenAI: leaves after three tokens and resumes, has the SDK put an
// answer together, and cancels one. Argument: the base URL.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });

/** Reads events until the stream ends, or until there are so many tokens. */
async function read(stream, most) {
  const got = { tokens: [], types: [] };
  for await (const event of stream) {
    got.id ??= event.response?.id;
    got.last = event.sequence_number;
    if (event.type === 'response.output_text.delta') got.tokens.push(event.delta);
    else got.types.push(event.type);
    if (got.tokens.length === most) break; // the SDK closes the connection
  }
  return got;
}

const ask = input => client.responses.create({ model: 'count', stream: true, background: true, input });

const begun = await read(await ask('6'), 3);
const rest = await read(await client.responses.retrieve(begun.id, { stream: true, starting_after: begun.last }));
const whole = await client.responses.stream({ model: 'count', input: '4' }).finalResponse();

const forever = await read(await ask('forever'), 3);
const { status } = await client.responses.cancel(forever.id);
const cancelled = await read(await client.responses.retrieve(forever.id, { stream: true }));
console.log(JSON.stringify({ begun, rest, whole: whole.output[0].content[0].text, status, cancelled }));
