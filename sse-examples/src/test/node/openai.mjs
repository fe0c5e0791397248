// Reads a chat completion with the SDK of OpenAI. Arguments: the base URL, and after how many tokens to cancel (0: never).
import OpenAI from 'openai';

const [baseURL, cancelAfter] = [process.argv[2], Number(process.argv[3])];
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const stream = await client.chat.completions.create({
  model: 'count',
  stream: true,
  messages: [{ role: 'user', content: cancelAfter > 0 ? 'forever' : '5' }],
});
const tokens = [];
let finish = null;
for await (const chunk of stream) {
  const [choice] = chunk.choices;
  finish ??= choice.finish_reason;
  if (choice.delta.content) tokens.push(choice.delta.content);
  if (cancelAfter > 0 && tokens.length === cancelAfter) stream.controller.abort();
}
console.log(JSON.stringify({ tokens, finish, aborted: stream.controller.signal.aborted }));
process.stdin.on('data', () => {}).on('end', () => process.exit(0)); // the program stays until the test closes its input
