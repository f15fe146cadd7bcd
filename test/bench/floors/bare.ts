// The lowest floor: uWebSockets.js and its native publish, nothing else. No Redis, no rules, one process only.
import uWS from 'uWebSockets.js';
import { serve } from './floor.ts';

const app = uWS.App();
let waiting: { readonly roomName: string; readonly notification: Buffer; readonly answer: () => void }[] = [];

function publishWaiting(): void {
  const posts = waiting;
  waiting = [];
  for (const { roomName, notification, answer } of posts) {
    app.publish(roomName, notification, true);
    answer();
  }
}

serve(app, {
  login: (_, answer) => answer(),
  join: (seat, ws, answer) => {
    ws.subscribe(seat.roomName);
    answer();
  },
  post: ({ roomName }, notification, answer) => {
    // Not in here: the poster's own cork is open, and without one the library writes every message by itself as soon as
    // more than 32 wait for a subscriber. That would be no floor.
    if (waiting.length === 0) setImmediate(publishWaiting);
    waiting.push({ roomName, notification, answer });
  },
});
