/** Ways to spoil an answer. Each is given the connection, and the true answer's head and body. */

const frame = (head, length) => `${head}\r\ncontent-length: ${length}\r\n\r\n`;
const half = (body) => body.subarray(0, body.length >> 1);

/** Writes one byte at a time, for ever, and stops when the connection closes. */
function dribble(socket, bytes) {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(at, (at += 1))), 50);
  socket.once("close", () => clearInterval(timer));
}

export const spoilers = {
  none(socket, { head, body }) {
    socket.write(frame(head, body.length));
    socket.write(body);
  },
  cut(socket, { head, body }) {
    socket.write(frame(head, body.length));
    socket.end(half(body));
  },
  reset(socket, { head, body }) {
    socket.write(frame(head, body.length));
    socket.write(half(body), () => socket.resetAndDestroy());
  },
  short(socket, { head, body }) {
    socket.write(frame(head, body.length >> 1));
    socket.write(body);
  },
  dribble(socket, { head, body }) {
    socket.write(frame(head, body.length));
    dribble(socket, body);
  },
  noise(socket) {
    socket.end(Buffer.from("\u0000\u0001 this is no HTTP\r\n\r\n"));
  },
  stranger(socket) {
    const body = '{"status":"ok","hello":"world"}';
    socket.write(frame("HTTP/1.1 200 OK\r\ncontent-type: application/json", body.length) + body);
  },
  page(socket) {
    const body = "<html><h1>502 Bad Gateway</h1></html>";
    socket.write(frame("HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html", body.length) + body);
  },
};
