// SPDX-License-Identifier: Apache-2.0
// A slow proxy to the mesh: what takes a large model seconds, the nano owl does faster than anyone sees.
import http from "node:http";

/** Passes everything on, and holds every event of an answer back for a while. */
export async function slowProxy(target, delay) {
  const sockets = new Set();
  const server = http.createServer((request, response) => {
    const { "accept-encoding": _, ...headers } = request.headers;
    const onward = http.request(
      new URL(request.url, target),
      { method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        if (/event-stream/.test(answer.headers["content-type"] ?? "")) {
          void trickle(answer, response, delay);
        } else {
          answer.pipe(response);
        }
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    /** As when a network goes away. */
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

async function trickle(answer, response, delay) {
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const piece of answer) {
      rest += piece;
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        response.write(rest.slice(0, end + 2));
        rest = rest.slice(end + 2);
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
    response.end(rest);
  } catch {
    response.destroy();
  }
}
